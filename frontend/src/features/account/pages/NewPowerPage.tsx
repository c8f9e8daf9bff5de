import { useQueryClient, useSuspenseQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useState } from "react";
import { sessionQuery } from "../../../api/session";
import { currentLanguage, useWords } from "../../../i18n";
import { formatDate } from "../../../lib/dates";
import { Alert } from "../../../ui/Alert";
import { Button, LinkButton } from "../../../ui/Button";
import { ErrorState } from "../../../ui/ErrorState";
import { ErrorSummary, type SummarizedError } from "../../../ui/ErrorSummary";
import { Checkboxes, Radios } from "../../../ui/fields/ChoiceFields";
import { DateField } from "../../../ui/fields/DateField";
import { TextField } from "../../../ui/fields/TextField";
import { useAction } from "../../../ui/useAction";
import { useFormErrors } from "../../../ui/useFormErrors";
import { AccountFrame } from "../parts/AccountFrame";
import { ProofCancelled, useProof } from "../parts/useProof";
import { ServiceField } from "../../../forms/ServiceField";
import { profileItems } from "../../../lib/profile";
import { grantPower, groupsQuery, powersQuery } from "../powers";

const route = getRouteApi("/citizen/personal/vollmachten/neu");

const steps = ["wer", "wofuer", "dauer", "pruefen"] as const;
type Step = (typeof steps)[number];
const titles = {
  wer: "powers:form.whoTitle",
  wofuer: "powers:form.whatTitle",
  dauer: "powers:form.untilTitle",
  pruefen: "powers:form.reviewTitle",
} as const;

/** What has been entered so far. */
interface Wish {
  kind: string;
  name: string;
  email: string;
  services: { id: string; title: string }[];
  groups: string[];
  until: string;
  items: string[];
}

interface StepProps {
  wish: Wish;
  set: (part: Partial<Wish>) => void;
  error: (fieldId: string) => string | undefined;
}

/** Grants a power of attorney, one question a page, with a summary at the end. */
export default function NewPowerPage() {
  const t = useWords();
  const { schritt } = route.useSearch();
  const [wish, setWish] = useState<Wish>({
    kind: "",
    name: "",
    email: "",
    services: [],
    groups: [],
    until: "",
    items: [],
  });
  const [sentTo, setSentTo] = useState<string>();
  const wanted = steps.find((step) => step === schritt) ?? "wer";
  const step: Step = wish.kind === "" ? "wer" : wanted; // opened anew in the middle
  const set = (part: Partial<Wish>) => setWish((known) => ({ ...known, ...part }));
  if (sentTo !== undefined) {
    return (
      <AccountFrame title={t("powers:form.title")}>
        <Alert kind="success" live title={t("powers:form.sent", { email: sentTo })}>
          <p>{t("powers:form.how")}</p>
          <p>
            <Link to="/vollmachten">{t("powers:page.back")}</Link>
          </p>
        </Alert>
      </AccountFrame>
    );
  }
  return (
    <AccountFrame key={step} title={t(titles[step])}>
      <p className="pv-muted">
        {t("powers:form.title")} ·{" "}
        {t("powers:form.step", { number: steps.indexOf(step) + 1, total: steps.length })}
      </p>
      {step === "pruefen" ? (
        <Review wish={wish} onSent={setSentTo} />
      ) : (
        <Question step={step} wish={wish} set={set} />
      )}
    </AccountFrame>
  );
}

function Question({
  step,
  wish,
  set,
}: {
  step: Exclude<Step, "pruefen">;
  wish: Wish;
  set: StepProps["set"];
}) {
  const t = useWords();
  const navigate = route.useNavigate();
  const errors = useFormErrors();
  const missing: Record<typeof step, [boolean, string, string][]> = {
    wer: [
      [wish.kind === "", "kind", t("powers:form.kindMissing")],
      [wish.name.trim() === "", "name", t("powers:form.nameMissing")],
      [!wish.email.includes("@"), "email", t("powers:form.emailMissing")],
    ],
    wofuer: [[wish.services.length + wish.groups.length === 0, "serviceIds", t("powers:form.scopeMissing")]],
    dauer: [[!/^\d{4}-\d{2}-\d{2}$/.test(wish.until), "validUntil", t("powers:form.untilMissing")]],
  };
  const next = () => {
    const found: SummarizedError[] = missing[step]
      .filter(([wrong]) => wrong)
      .map(([, fieldId, message]) => ({ fieldId, message }));
    if (errors.show(found)) void navigate({ search: { schritt: steps[steps.indexOf(step) + 1] ?? "wer" } });
  };
  const before = steps[steps.indexOf(step) - 1];
  const props = { wish, set, error: errors.of };
  return (
    <form
      className="pv-stack"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        next();
      }}
    >
      <ErrorSummary errors={errors.list} attempt={errors.attempt} />
      {step === "wer" && <Who {...props} />}
      {step === "wofuer" && <What {...props} />}
      {step === "dauer" && <Until {...props} />}
      <div className="pv-actions">
        <Button type="submit">{t("common:next")}</Button>
        {before === undefined ? (
          <LinkButton to="/vollmachten" variant="secondary">
            {t("common:cancel")}
          </LinkButton>
        ) : (
          <LinkButton to="/vollmachten/neu" search={{ schritt: before }} variant="secondary">
            {t("common:back")}
          </LinkButton>
        )}
      </div>
    </form>
  );
}

function Who({ wish, set, error }: StepProps) {
  const t = useWords();
  return (
    <>
      <Radios
        id="kind"
        label={t("powers:form.kind")}
        error={error("kind")}
        options={[
          { value: "represent", label: t("powers:form.kindRepresent") },
          { value: "help", label: t("powers:form.kindHelp") },
        ]}
        value={wish.kind}
        onChange={(kind) => set({ kind })}
      />
      <TextField
        id="name"
        label={t("powers:form.name")}
        error={error("name")}
        value={wish.name}
        onChange={(name) => set({ name })}
        input={{ autoComplete: "off" }}
      />
      <TextField
        id="email"
        label={t("powers:form.email")}
        hint={t("powers:form.emailHint")}
        error={error("email")}
        value={wish.email}
        onChange={(email) => set({ email })}
        input={{ type: "email", autoComplete: "off", spellCheck: false, autoCapitalize: "none" }}
      />
      <p className="pv-small pv-muted">{t("powers:law")}</p>
    </>
  );
}

function What({ wish, set, error }: StepProps) {
  const t = useWords();
  const [words, setWords] = useState("");
  const [added, setAdded] = useState("");
  const { data: groups } = useSuspenseQuery(groupsQuery);
  return (
    <>
      <ServiceField
        id="serviceIds"
        label={t("powers:form.service")}
        hint={t("powers:form.serviceHint")}
        error={error("serviceIds")}
        value={words}
        onChange={setWords}
        without={wish.services}
        onChoose={(service) => {
          set({ services: [...wish.services, service] });
          setWords("");
          setAdded(t("powers:form.added", { title: service.title }));
        }}
      />
      <p className="pv-hidden" role="status">
        {added}
      </p>
      {wish.services.length > 0 && (
        <section className="pv-stack pv-stack--small" aria-labelledby="chosen">
          <h2 id="chosen">{t("powers:form.chosen")}</h2>
          <ul className="pv-list">
            {wish.services.map((service) => (
              <li key={service.id} className="pv-row pv-row--between">
                <span>{service.title}</span>
                <Button
                  variant="tertiary"
                  icon="close"
                  onClick={() => set({ services: wish.services.filter((other) => other !== service) })}
                >
                  {t("powers:form.remove")}
                  <span className="pv-hidden">: {service.title}</span>
                </Button>
              </li>
            ))}
          </ul>
        </section>
      )}
      <Checkboxes
        id="groupIds"
        label={t("powers:form.groups")}
        hint={t("powers:form.groupsHint")}
        optional
        options={groups.items
          .filter((group) => group.parentId === undefined)
          .map((group) => ({ value: group.id, label: group.title }))}
        value={wish.groups}
        onChange={(chosenGroups) => set({ groups: chosenGroups })}
      />
    </>
  );
}

/** A day half a year from now, as an example of what can be entered. */
function exampleDay(): string {
  const day = new Date();
  day.setMonth(day.getMonth() + 6);
  return day.toISOString().slice(0, 10);
}

function Until({ wish, set, error }: StepProps) {
  const t = useWords();
  return (
    <>
      <DateField
        id="validUntil"
        label={t("powers:form.until")}
        hint={t("powers:form.untilHint", { example: formatDate(exampleDay(), currentLanguage()) })}
        error={error("validUntil")}
        value={wish.until}
        onChange={(until) => set({ until })}
      />
      <Checkboxes
        id="profileItems"
        label={t("powers:form.items")}
        hint={t("powers:form.itemsHint")}
        optional
        options={profileItems.map((item) => ({ value: item, label: t(`common:profileItem.${item}`) }))}
        value={wish.items}
        onChange={(items) => set({ items })}
      />
    </>
  );
}

/** Where a field that the portal found wrong is asked for. */
const stepOfField: Record<string, Step> = {
  name: "wer",
  email: "wer",
  kind: "wer",
  serviceIds: "wofuer",
  groupIds: "wofuer",
  validUntil: "dauer",
};

function Review({ wish, onSent }: { wish: Wish; onSent: (email: string) => void }) {
  const t = useWords();
  const queryClient = useQueryClient();
  const { data: session } = useSuspenseQuery(sessionQuery);
  const { data: groups } = useSuspenseQuery(groupsQuery);
  const errors = useFormErrors();
  const { proved, dialog } = useProof();
  const grant = useAction(async () => {
    try {
      await proved(() =>
        grantPower({
          kind: wish.kind === "help" ? "help" : "represent",
          name: wish.name.trim(),
          email: wish.email.trim(),
          serviceIds: wish.services.map((service) => service.id),
          groupIds: wish.groups,
          profileItems: profileItems.filter((item) => wish.items.includes(item)),
          validUntil: wish.until,
        }),
      );
    } catch (problem) {
      if (problem instanceof ProofCancelled || errors.showProblem(problem, Object.keys(stepOfField))) return;
      throw problem;
    }
    await queryClient.invalidateQueries({ queryKey: powersQuery.queryKey });
    onSent(wish.email.trim());
  });
  const change = (step: Step, label: string) => (
    <Link to="/vollmachten/neu" search={{ schritt: step }}>
      {t("powers:form.change")} <span className="pv-hidden">– {label}</span>
    </Link>
  );
  const rows = [
    {
      step: "wer" as const,
      label: t("powers:page.representative"),
      value: `${wish.name}, ${wish.email}`,
    },
    {
      step: "wer" as const,
      label: t("powers:form.kind"),
      value: t(wish.kind === "help" ? "powers:form.kindHelp" : "powers:form.kindRepresent"),
    },
    {
      step: "wofuer" as const,
      label: t("powers:page.services"),
      value: [
        ...wish.services.map((service) => service.title),
        ...groups.items.filter((group) => wish.groups.includes(group.id)).map((group) => group.title),
      ].join(", "),
    },
    {
      step: "dauer" as const,
      label: t("powers:page.validUntil"),
      value: formatDate(wish.until, currentLanguage()),
    },
    {
      step: "dauer" as const,
      label: t("powers:page.data"),
      value:
        profileItems
          .filter((item) => wish.items.includes(item))
          .map((item) => t(`common:profileItem.${item}`))
          .join(", ") || t("powers:page.noData"),
    },
  ];
  const level = session.trustLevel ?? "low";
  return (
    <>
      {errors.list.length > 0 && (
        <Alert kind="danger" live title={t("common:errorSummary", { count: errors.list.length })}>
          <ul>
            {errors.list.map((error) => (
              <li key={error.message}>
                {error.message} {change(stepOfField[error.fieldId] ?? "wer", error.message)}
              </li>
            ))}
          </ul>
        </Alert>
      )}
      <dl className="pv-facts">
        {rows.map((row) => (
          <div key={row.label}>
            <dt>{row.label}</dt>
            <dd className="pv-break">{row.value}</dd>
            <dd className="pv-facts__action">{change(row.step, row.label)}</dd>
          </div>
        ))}
      </dl>
      <p>{t("powers:form.how")}</p>
      {level === "low" && (
        <p className="pv-small">
          {t("powers:form.levelText", { level: t(`common:level.${level}`) })}{" "}
          <Link to="/konto/identitaet">{t("powers:form.toIdentity")}</Link>
        </p>
      )}
      {grant.error !== undefined && <ErrorState error={grant.error} />}
      <div className="pv-actions">
        <Button busy={grant.busy} onClick={grant.run}>
          {t("powers:form.submit")}
        </Button>
        <LinkButton to="/vollmachten/neu" search={{ schritt: "dauer" }} variant="secondary">
          {t("common:back")}
        </LinkButton>
      </div>
      {dialog}
    </>
  );
}
