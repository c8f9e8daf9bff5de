import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useWords } from "../../../i18n";
import type { Schemas } from "../../../api/client";
import { Button } from "../../../ui/Button";
import { ErrorState } from "../../../ui/ErrorState";
import { ErrorSummary } from "../../../ui/ErrorSummary";
import { Loading } from "../../../ui/Loading";
import { Radios } from "../../../ui/fields/ChoiceFields";
import { TextArea } from "../../../ui/fields/TextField";
import { useAction } from "../../../ui/useAction";
import { useLeaveWarning } from "../../../ui/useLeaveWarning";
import { useFormErrors } from "../../../ui/useFormErrors";
import { decisionDraftQuery, type Case } from "../api";
import { InsertTemplate } from "./InsertTemplate";
import { usePreview } from "./usePreview";

type Decision = Schemas["Decision"];

const outcomes: readonly Decision["outcome"][] = ["granted", "refused"];
const longest = 10_000;
const longestLaw = 2_000;
const longestRemedy = 5_000;

/** Grants or refuses, with reasons, law and how one can object, as they stand in the PDF; final. */
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
  const draft = useQuery(decisionDraftQuery(item.id));
  const [legalBasis = draft.data?.legalBasis ?? "", setLegalBasis] = useState<string>();
  const [remedy = draft.data?.remedy ?? "", setRemedy] = useState<string>();
  const decision = (): Decision | undefined =>
    outcome && {
      outcome,
      text: text.trim(),
      ...(draft.isSuccess && { legalBasis: legalBasis.trim(), remedy: remedy.trim() }),
    };
  useLeaveWarning(() => text.trim() !== "");
  const send = useAction(async (key) => {
    const chosen = decision();
    if (chosen !== undefined) await onSend(chosen, key);
  });
  const preview = usePreview(item, decision);
  const complete = () => {
    const missing = [
      ...(outcome === undefined ? [{ fieldId: "outcome", message: t("cases:decision.outcomeMissing") }] : []),
      ...(text.trim() === "" ? [{ fieldId: "reason", message: t("cases:decision.textMissing") }] : []),
    ];
    return errors.show(missing);
  };
  return (
    <form
      className="pv-stack"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        if (complete()) send.run();
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
      {draft.isError && <ErrorState error={draft.error} onRetry={() => void draft.refetch()} />}
      {draft.isPending && <Loading />}
      {draft.isSuccess && (
        <>
          <p className="pv-small">
            {t("cases:decision.goesTo", { recipient: draft.data.recipient.join(", ") })}{" "}
            {draft.data.signedBy === undefined
              ? t("cases:decision.signedLater")
              : t("cases:decision.signedBy", { name: draft.data.signedBy })}
          </p>
          <TextArea
            id="legal-basis"
            label={t("cases:decision.legalBasis")}
            optional
            value={legalBasis}
            onChange={setLegalBasis}
            maxLength={longestLaw}
          />
          <TextArea
            id="remedy"
            label={t("cases:decision.remedy")}
            hint={t("cases:decision.remedyHint")}
            optional
            value={remedy}
            onChange={setRemedy}
            maxLength={longestRemedy}
          />
        </>
      )}
      {preview.error !== undefined && <ErrorState error={preview.error} />}
      {send.error !== undefined && <ErrorState error={send.error} />}
      <p className="pv-small pv-muted">
        {t(item.fourEyes === true ? "cases:agree.second" : "cases:decision.final")}
      </p>
      <div className="pv-actions">
        <Button type="submit" busy={send.busy || draft.isPending}>
          {t(item.fourEyes === true ? "cases:agree.propose" : "cases:decision.send")}
        </Button>
        <Button
          variant="secondary"
          busy={preview.busy || draft.isPending}
          onClick={() => {
            if (complete()) preview.run();
          }}
        >
          {t("cases:decision.preview")}
        </Button>
        <Button variant="secondary" onClick={onCancel}>
          {t("common:cancel")}
        </Button>
      </div>
    </form>
  );
}
