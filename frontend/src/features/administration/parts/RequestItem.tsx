import { useState } from "react";
import { currentLanguage, useWords } from "../../../i18n";
import { formatDateTime } from "../../../lib/dates";
import { Button } from "../../../ui/Button";
import { ErrorState } from "../../../ui/ErrorState";
import { ErrorSummary } from "../../../ui/ErrorSummary";
import { Facts } from "../../../ui/Facts";
import { Checkboxes, Declaration } from "../../../ui/fields/ChoiceFields";
import { TextField } from "../../../ui/fields/TextField";
import { useAction } from "../../../ui/useAction";
import { useFormErrors } from "../../../ui/useFormErrors";
import { decideMember, grantMember, type MembershipRequest } from "../api";
import { Area } from "./Areas";
import { Fingerprint } from "./Fingerprint";
import { ReasonDialog } from "./ReasonDialog";
import { useDone } from "./useDone";

/** A portal that asks to be admitted: who it is, and the form that admits it. */
export function RequestItem({ request }: { request: MembershipRequest }) {
  const t = useWords();
  const done = useDone();
  const errors = useFormErrors();
  const [fingerprint, setFingerprint] = useState("");
  const [areas, setAreas] = useState(() => request.areas.map((area) => area.ars));
  const [home, setHome] = useState(false);
  const [refusing, setRefusing] = useState(false);
  const field = (name: string) => `${name}-${request.id}`; // several requests are on the page
  const grant = useAction(async () => {
    try {
      await grantMember(request.id, { fingerprint, areas, accountHome: home });
    } catch (problem) {
      if (errors.showProblem(problem, { fingerprint: field("fingerprint"), areas: field("areas") })) return;
      throw problem;
    }
    await done(t("administration:association.granted", { name: request.name }));
  });
  const check = () =>
    errors.show([
      ...(fingerprint.trim() === ""
        ? [{ fieldId: field("fingerprint"), message: t("administration:association.fingerprintMissing") }]
        : []),
      ...(areas.length === 0
        ? [{ fieldId: field("areas"), message: t("administration:association.areaMissing") }]
        : []),
    ]);
  return (
    <li className="pv-stack pv-stack--small">
      <h3 className="pv-card-title">{request.name}</h3>
      <p className="pv-small pv-muted pv-break">{request.entity}</p>
      {request.words !== undefined && <blockquote>{request.words}</blockquote>}
      <Facts
        items={[
          {
            id: "kind",
            label: t("administration:association.portalOf"),
            value: request.kind === undefined ? "–" : t(`administration:association.kinds.${request.kind}`),
          },
          {
            id: "askedAt",
            label: t("administration:association.askedAt"),
            value: formatDateTime(request.askedAt, currentLanguage()),
          },
          {
            id: "shows",
            label: t("administration:association.shows"),
            value: <Fingerprint>{request.fingerprint}</Fingerprint>,
          },
        ]}
      />
      <form
        className="pv-stack"
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          if (check()) grant.run();
        }}
      >
        <ErrorSummary errors={errors.list} attempt={errors.attempt} />
        {grant.error !== undefined && <ErrorState error={grant.error} />}
        <TextField
          id={field("fingerprint")}
          label={t("administration:association.told")}
          hint={t("administration:association.toldHint")}
          error={errors.of(field("fingerprint"))}
          value={fingerprint}
          onChange={setFingerprint}
          input={{ autoComplete: "off", spellCheck: false }}
        />
        <Checkboxes
          id={field("areas")}
          label={t("administration:association.speaksFor")}
          error={errors.of(field("areas"))}
          options={request.areas.map((area) => ({ value: area.ars, label: <Area area={area} /> }))}
          value={areas}
          onChange={setAreas}
        />
        {request.accountHome && (
          <Declaration
            id={field("home")}
            label={t("administration:association.grantsHome")}
            hint={t("administration:association.grantsHomeHint")}
            checked={home}
            onChange={setHome}
          />
        )}
        <div className="pv-actions">
          <Button type="submit" busy={grant.busy}>
            {t("administration:association.grant")}
            <span className="pv-hidden">: {request.name}</span>
          </Button>
          <Button variant="secondary" onClick={() => setRefusing(true)}>
            {t("administration:association.refuse")}
            <span className="pv-hidden">: {request.name}</span>
          </Button>
        </div>
      </form>
      {refusing && (
        <ReasonDialog
          title={t("administration:association.refuseQuestion", { name: request.name })}
          text={t("administration:association.refuseText")}
          button={t("administration:association.refuse")}
          onClose={() => setRefusing(false)}
          act={async (reason) => {
            await decideMember(request.id, "refuse", reason);
            setRefusing(false);
            await done(t("administration:association.refused", { name: request.name }));
          }}
        />
      )}
    </li>
  );
}
