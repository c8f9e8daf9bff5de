import { useState } from "react";
import { useWords } from "../../../i18n";
import type { Schemas } from "../../../api/client";
import { Button } from "../../../ui/Button";
import { ErrorState } from "../../../ui/ErrorState";
import { ErrorSummary } from "../../../ui/ErrorSummary";
import { Radios } from "../../../ui/fields/ChoiceFields";
import { TextArea } from "../../../ui/fields/TextField";
import { useAction } from "../../../ui/useAction";
import { useFormErrors } from "../../../ui/useFormErrors";
import type { Case } from "../api";
import { InsertTemplate } from "./InsertTemplate";

type Decision = Schemas["Decision"];

const outcomes: readonly Decision["outcome"][] = ["granted", "refused"];
const longest = 10_000;

/** Grants or refuses, with reasons; final. */
export function DecisionForm({
  item,
  onSend,
  onCancel,
}: {
  item: Case;
  onSend: (decision: Decision, key: string) => Promise<void>;
  onCancel: () => void;
}) {
  const t = useWords();
  const errors = useFormErrors();
  const [outcome, setOutcome] = useState<Decision["outcome"]>();
  const [text, setText] = useState("");
  const send = useAction(async (key) => {
    if (outcome !== undefined) await onSend({ outcome, text: text.trim() }, key);
  });
  const submit = () => {
    const missing = [
      ...(outcome === undefined ? [{ fieldId: "outcome", message: t("cases:decision.outcomeMissing") }] : []),
      ...(text.trim() === "" ? [{ fieldId: "reason", message: t("cases:decision.textMissing") }] : []),
    ];
    if (errors.show(missing)) send.run();
  };
  return (
    <form
      className="pv-stack"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      <ErrorSummary errors={errors.list} attempt={errors.attempt} />
      <Radios
        id="outcome"
        label={t("cases:decision.outcome")}
        error={errors.of("outcome")}
        options={outcomes.map((value) => ({ value, label: t(`cases:decision.${value}`) }))}
        value={outcome ?? ""}
        onChange={(value) => setOutcome(outcomes.find((candidate) => candidate === value))}
      />
      {outcome !== undefined && <InsertTemplate item={item} use={outcome} text={text} onInsert={setText} />}
      <TextArea
        id="reason"
        label={t("cases:decision.text")}
        hint={t("cases:decision.hint")}
        error={errors.of("reason")}
        value={text}
        onChange={setText}
        maxLength={longest}
      />
      {send.error !== undefined && <ErrorState error={send.error} />}
      <p className="pv-small pv-muted">{t("cases:decision.final")}</p>
      <div className="pv-actions">
        <Button type="submit" busy={send.busy}>
          {t("cases:decision.send")}
        </Button>
        <Button variant="secondary" onClick={onCancel}>
          {t("common:cancel")}
        </Button>
      </div>
    </form>
  );
}
