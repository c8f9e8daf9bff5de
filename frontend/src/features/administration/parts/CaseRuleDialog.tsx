import { useState } from "react";
import type { Schemas } from "../../../api/client";
import { ServiceField } from "../../../forms/ServiceField";
import { useWords } from "../../../i18n";
import { defined } from "../../../lib/defined";
import { Radios } from "../../../ui/fields/ChoiceFields";
import { TextField } from "../../../ui/fields/TextField";
import { FormDialog } from "../../../ui/FormDialog";
import { useStatus } from "../../../ui/Status";
import { useAction } from "../../../ui/useAction";
import { setCaseRule } from "../caseRules";

/** What is set for the portal (without a service), for a service, or for a service at one office. */
export interface EditedRule {
  serviceId?: string;
  unit?: string;
  keepMonths?: number;
  fourEyes?: boolean;
  /** In its section. */
  label: string;
  /** For itself. */
  title: string;
  /** Whether the service is still to be chosen. */
  choose?: true;
}

const most = 600;

/** Changes what is set. */
export function CaseRuleDialog({
  rule,
  onClose,
  onSaved,
}: {
  rule: EditedRule;
  onClose: () => void;
  onSaved: (rules: Schemas["CaseRules"]) => void;
}) {
  const t = useWords();
  const status = useStatus();
  const [months, setMonths] = useState(rule.keepMonths === undefined ? "" : String(rule.keepMonths));
  const [eyes, setEyes] = useState(rule.fourEyes === undefined ? "as" : rule.fourEyes ? "yes" : "no");
  const [asked, setAsked] = useState(false);
  const [serviceId, setServiceId] = useState(rule.serviceId);
  const [typed, setTyped] = useState("");
  const unchosen = rule.choose === true && serviceId === undefined;
  const ofPortal = rule.serviceId === undefined && rule.choose === undefined;
  const count = Number(months);
  const empty = months.trim() === "";
  const wrong = empty ? ofPortal : !(Number.isInteger(count) && count >= 1 && count <= most);
  const save = useAction(async () => {
    const { unit } = rule;
    const fourEyes = eyes === "as" ? undefined : eyes === "yes";
    onSaved(await setCaseRule(defined({ serviceId, unit, keepMonths: empty ? undefined : count, fourEyes })));
    status(t("administration:cases.saved"));
  });
  return (
    <FormDialog
      title={rule.title}
      button={t("administration:cases.save")}
      busy={save.busy}
      error={save.error}
      onSubmit={() => {
        setAsked(true);
        if (unchosen) document.getElementById("rule-service")?.focus();
        else if (wrong) document.getElementById("keep-months")?.focus();
        else save.run();
      }}
      onClose={onClose}
    >
      {rule.choose === true && (
        <ServiceField
          id="rule-service"
          label={t("administration:cases.service")}
          hint={t("administration:cases.serviceHint")}
          error={asked && unchosen ? t("administration:cases.serviceMissing") : undefined}
          value={typed}
          onChange={(words) => {
            setTyped(words);
            setServiceId(undefined);
          }}
          onChoose={({ id, title }) => {
            setTyped(title);
            setServiceId(id);
          }}
        />
      )}
      <TextField
        id="keep-months"
        label={t("administration:cases.monthsLabel")}
        hint={t(ofPortal ? "administration:cases.monthsHint" : "administration:cases.monthsHintEmpty")}
        error={asked && wrong ? t("administration:cases.monthsWrong") : undefined}
        width="short"
        input={{ inputMode: "numeric", autoComplete: "off" }}
        value={months}
        onChange={setMonths}
      />
      <p className="pv-small pv-muted">{t("administration:cases.soon")}</p>
      <Radios
        id="four-eyes"
        label={t("administration:cases.eyes.own")}
        options={(ofPortal ? (["no", "yes"] as const) : (["as", "no", "yes"] as const)).map((value) => ({
          value,
          label: t(`administration:cases.eyes.${value}`),
        }))}
        value={eyes}
        onChange={setEyes}
      />
    </FormDialog>
  );
}
