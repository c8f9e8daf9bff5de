import { useState } from "react";
import { currentLanguage, useWords } from "../../../i18n";
import { centsText, parseCents } from "../../../lib/money";
import { ErrorSummary } from "../../../ui/ErrorSummary";
import { TextArea, TextField } from "../../../ui/fields/TextField";
import { FormDialog } from "../../../ui/FormDialog";
import { useAction } from "../../../ui/useAction";
import { useFormErrors } from "../../../ui/useFormErrors";
import { askRefund, type PaymentRecord } from "../api";
import { useDone } from "./useDone";
import { useMoney } from "./useMoney";

const fields = { amount: "refund-amount", reason: "refund-reason" };

/** Asks for giving back a fee, or a part of what is left of it (in cents). */
export function RefundDialog({
  payment,
  left,
  onClose,
}: {
  payment: PaymentRecord;
  left: number;
  onClose: () => void;
}) {
  const t = useWords();
  const language = currentLanguage();
  const money = useMoney();
  const done = useDone();
  const errors = useFormErrors();
  const [amount, setAmount] = useState(centsText(left, language));
  const [reason, setReason] = useState("");
  const cents = parseCents(amount, language);
  const ask = useAction(async (key) => {
    try {
      const refund = await askRefund(payment.id, key, cents ?? 0, reason.trim());
      await done(t(refund.needsApproval ? "treasury:refund.askedFourEyes" : "treasury:refund.asked"));
      onClose();
    } catch (problem) {
      if (!errors.showProblem(problem, fields)) throw problem;
    }
  });
  const submit = () => {
    const wrong = cents === undefined || cents <= 0 || cents > left;
    const fine = errors.show([
      ...(wrong
        ? [{ fieldId: fields.amount, message: t("treasury:refund.amountWrong", { left: money(left) }) }]
        : []),
      ...(reason.trim().length < 3
        ? [{ fieldId: fields.reason, message: t("treasury:refund.reasonMissing") }]
        : []),
    ]);
    if (fine) ask.run();
  };
  return (
    <FormDialog
      title={t("treasury:refund.open")}
      button={t("treasury:refund.ask")}
      busy={ask.busy}
      error={ask.error}
      onSubmit={submit}
      onClose={onClose}
    >
      <ErrorSummary errors={errors.list} attempt={errors.attempt} />
      <p>{t("treasury:refund.text", { purpose: payment.purpose, reference: payment.reference })}</p>
      <TextField
        id={fields.amount}
        label={t("treasury:refund.amount")}
        hint={t("treasury:refund.amountHint", { left: money(left) })}
        error={errors.of(fields.amount)}
        width="short"
        input={{ inputMode: "decimal", autoComplete: "off" }}
        value={amount}
        onChange={setAmount}
      />
      <TextArea
        id={fields.reason}
        label={t("treasury:refund.reason")}
        error={errors.of(fields.reason)}
        maxLength={300}
        value={reason}
        onChange={setReason}
      />
    </FormDialog>
  );
}
