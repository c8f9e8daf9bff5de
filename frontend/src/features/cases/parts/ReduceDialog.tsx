import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import type { Schemas } from "../../../api/client";
import { currentLanguage, useWords } from "../../../i18n";
import { formatMoney, parseCents } from "../../../lib/money";
import { ErrorSummary } from "../../../ui/ErrorSummary";
import { TextArea, TextField } from "../../../ui/fields/TextField";
import { FormDialog } from "../../../ui/FormDialog";
import { useStatus } from "../../../ui/Status";
import { useAction } from "../../../ui/useAction";
import { useFormErrors } from "../../../ui/useFormErrors";
import { caseFeesQuery, reduceFee } from "../api";

const fields = { amount: "reduce-amount", reason: "reduce-reason" };

/** Reduces a fee that is not paid, or waives it. */
export function ReduceDialog({
  caseId,
  payment,
  onClose,
}: {
  caseId: string;
  payment: Schemas["PaymentRecord"];
  onClose: () => void;
}) {
  const t = useWords();
  const language = currentLanguage();
  const queryClient = useQueryClient();
  const status = useStatus();
  const errors = useFormErrors();
  const [amount, setAmount] = useState("");
  const [reason, setReason] = useState("");
  const now = formatMoney(payment.amount.amount, payment.amount.currency, language);
  const cents = parseCents(amount, language);
  const reduce = useAction(async (key) => {
    try {
      await reduceFee(caseId, payment.id, key, cents ?? 0, reason.trim());
      status(t(cents === 0 ? "cases:fees.waivedDone" : "cases:fees.reducedDone"));
      await queryClient.invalidateQueries({ queryKey: caseFeesQuery(caseId).queryKey });
      onClose();
    } catch (problem) {
      if (!errors.showProblem(problem, fields)) throw problem;
    }
  });
  const submit = () => {
    const wrong = cents === undefined || cents < 0 || cents >= payment.amount.amount;
    const fine = errors.show([
      ...(wrong ? [{ fieldId: fields.amount, message: t("cases:fees.amountWrong", { amount: now }) }] : []),
      ...(reason.trim().length < 3
        ? [{ fieldId: fields.reason, message: t("cases:fees.reasonMissing") }]
        : []),
    ]);
    if (fine) reduce.run();
  };
  return (
    <FormDialog
      title={t("cases:fees.reduceTitle")}
      button={t(cents === 0 ? "cases:fees.waive" : "cases:fees.reduce")}
      busy={reduce.busy}
      error={reduce.error}
      onSubmit={submit}
      onClose={onClose}
    >
      <ErrorSummary errors={errors.list} attempt={errors.attempt} />
      <p>{t("cases:fees.reduceText", { purpose: payment.purpose, amount: now })}</p>
      <TextField
        id={fields.amount}
        label={t("cases:fees.newAmount")}
        hint={t("cases:fees.newAmountHint")}
        error={errors.of(fields.amount)}
        width="short"
        input={{ inputMode: "decimal", autoComplete: "off" }}
        value={amount}
        onChange={setAmount}
      />
      <TextArea
        id={fields.reason}
        label={t("cases:fees.reason")}
        hint={t("cases:fees.reasonHint")}
        error={errors.of(fields.reason)}
        maxLength={300}
        value={reason}
        onChange={setReason}
      />
    </FormDialog>
  );
}
