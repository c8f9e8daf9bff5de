import { useQueryClient } from "@tanstack/react-query";
import type { Schemas } from "../../../api/client";
import { currentLanguage, useWords } from "../../../i18n";
import { formatMoney } from "../../../lib/money";
import { Button } from "../../../ui/Button";
import { Dialog } from "../../../ui/Dialog";
import { ErrorState } from "../../../ui/ErrorState";
import { useStatus } from "../../../ui/Status";
import { useAction } from "../../../ui/useAction";
import { caseFeesQuery, payCash } from "../api";

/** Asks whether what is owed of a fee was really taken in cash. */
export function CashDialog({
  caseId,
  payment,
  onClose,
}: {
  caseId: string;
  payment: Schemas["PaymentRecord"];
  onClose: () => void;
}) {
  const t = useWords();
  const queryClient = useQueryClient();
  const status = useStatus();
  const due = payment.amount.amount - (payment.received?.amount ?? 0);
  const amount = formatMoney(due, payment.amount.currency, currentLanguage());
  const pay = useAction(async (key) => {
    await payCash(caseId, payment.id, key, due);
    status(t("cases:cash.done"));
    await queryClient.invalidateQueries({ queryKey: caseFeesQuery(caseId).queryKey });
    onClose();
  });
  return (
    <Dialog
      open
      title={t("cases:cash.title")}
      onClose={onClose}
      actions={
        <>
          <Button variant="secondary" onClick={onClose}>
            {t("common:cancel")}
          </Button>
          <Button busy={pay.busy} onClick={pay.run}>
            {t("cases:cash.button", { amount })}
          </Button>
        </>
      }
    >
      {pay.error !== undefined && <ErrorState error={pay.error} />}
      <p>{t("cases:cash.text", { amount, purpose: payment.purpose })}</p>
    </Dialog>
  );
}
