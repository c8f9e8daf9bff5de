import { useState } from "react";
import { useWords } from "../../../i18n";
import { Button } from "../../../ui/Button";
import { ErrorState } from "../../../ui/ErrorState";
import { ErrorSummary } from "../../../ui/ErrorSummary";
import { Declaration, Select } from "../../../ui/fields/ChoiceFields";
import { TextArea, TextField } from "../../../ui/fields/TextField";
import { useAction } from "../../../ui/useAction";
import { useFormErrors } from "../../../ui/useFormErrors";
import { joinAssociation, lookAtAnchor, type AnchorSeen, type AssociationState } from "../api";
import { Fingerprint } from "./Fingerprint";
import { useDone } from "./useDone";

const kinds = ["municipality", "jointMunicipality", "county"] as const;
type Kind = (typeof kinds)[number];

/** Joining an association: find its anchor, compare the fingerprint, ask. */
export function Joining({ data }: { data: AssociationState }) {
  const t = useWords();
  const errors = useFormErrors();
  const [anchor, setAnchor] = useState("");
  const [seen, setSeen] = useState<AnchorSeen>();
  const look = useAction(async () => {
    try {
      setSeen(await lookAtAnchor(anchor.trim()));
      errors.show([]);
    } catch (problem) {
      if (errors.showProblem(problem, ["anchor"])) return;
      throw problem;
    }
  });
  return (
    <section className="pv-stack">
      <h2>{t("administration:association.join")}</h2>
      <p>{t("administration:association.joinText")}</p>
      <form
        className="pv-stack"
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          look.run();
        }}
      >
        <ErrorSummary errors={errors.list} attempt={errors.attempt} />
        {look.error !== undefined && <ErrorState error={look.error} />}
        <TextField
          id="anchor"
          label={t("administration:association.address")}
          hint={t("administration:association.addressHint")}
          error={errors.of("anchor")}
          value={anchor}
          onChange={(value) => {
            setAnchor(value);
            setSeen(undefined);
          }}
          input={{ type: "url", autoComplete: "off", spellCheck: false, autoCapitalize: "none" }}
        />
        {seen === undefined && (
          <div className="pv-actions">
            <Button type="submit" busy={look.busy}>
              {t("administration:association.look")}
            </Button>
          </div>
        )}
      </form>
      {seen !== undefined && <Asking data={data} seen={seen} />}
    </section>
  );
}

function Asking({ data, seen }: { data: AssociationState; seen: AnchorSeen }) {
  const t = useWords();
  const done = useDone();
  const errors = useFormErrors();
  const [name, setName] = useState(data.self.name);
  const [kind, setKind] = useState<string>(data.self.kind);
  const [areas, setAreas] = useState((data.areas ?? []).map((area) => area.ars).join(", "));
  const [home, setHome] = useState(false);
  const [words, setWords] = useState("");
  const [compared, setCompared] = useState(false);
  const ask = useAction(async () => {
    try {
      await joinAssociation({
        anchor: seen.id,
        fingerprint: seen.fingerprint,
        name: name.trim(),
        kind: kind as Kind,
        areas: areas.split(/[\s,;]+/).filter((area) => area !== ""),
        accountHome: home,
        words: words.trim(),
      });
    } catch (problem) {
      if (errors.showProblem(problem, ["name", "areas", "kind", "compared"])) return;
      throw problem;
    }
    await done(t("administration:association.asked"));
  });
  const check = () =>
    errors.show([
      ...(name.trim() === ""
        ? [{ fieldId: "name", message: t("administration:association.nameMissing") }]
        : []),
      ...(areas.trim() === ""
        ? [{ fieldId: "areas", message: t("administration:association.areasMissing") }]
        : []),
      ...(compared
        ? []
        : [{ fieldId: "compared", message: t("administration:association.comparedMissing") }]),
    ]);
  return (
    <form
      className="pv-stack"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        if (check()) ask.run();
      }}
    >
      <h3>{t("administration:association.found", { name: seen.name, title: seen.title })}</h3>
      <p>{t("administration:association.compare")}</p>
      <p>
        <Fingerprint>{seen.fingerprint}</Fingerprint>
      </p>
      <ErrorSummary errors={errors.list} attempt={errors.attempt} />
      {ask.error !== undefined && <ErrorState error={ask.error} />}
      <Declaration
        id="compared"
        label={t("administration:association.compared")}
        error={errors.of("compared")}
        checked={compared}
        onChange={setCompared}
      />
      <TextField
        id="name"
        label={t("administration:association.portalName")}
        error={errors.of("name")}
        value={name}
        onChange={setName}
      />
      <Select
        id="kind"
        label={t("administration:association.kind")}
        options={kinds.map((value) => ({ value, label: t(`administration:association.kinds.${value}`) }))}
        error={errors.of("kind")}
        value={kind}
        onChange={setKind}
      />
      <TextField
        id="areas"
        label={t("administration:association.areas")}
        hint={t("administration:association.areasHint")}
        error={errors.of("areas")}
        value={areas}
        onChange={setAreas}
        input={{ autoComplete: "off", spellCheck: false }}
      />
      <Declaration
        id="accountHome"
        label={t("administration:association.wantsHome")}
        checked={home}
        onChange={setHome}
      />
      <TextArea id="words" label={t("administration:association.words")} value={words} onChange={setWords} />
      <div className="pv-actions">
        <Button type="submit" busy={ask.busy}>
          {t("administration:association.ask")}
        </Button>
      </div>
    </form>
  );
}
