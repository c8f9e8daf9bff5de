import { useWords } from "../../../i18n";
import { Button } from "../../../ui/Button";
import { Dialog } from "../../../ui/Dialog";
import { ErrorState } from "../../../ui/ErrorState";
import { useAction } from "../../../ui/useAction";
import { writeOff, type PaymentRecord } from "../api";
import { useDone } from "./useDone";
import { useMoney } from "./useMoney";

/** Asks whether a fee is really to be given up. */
export function WriteOffDialog({ payment, onClose }: { payment: PaymentRecord; onClose: () => void }) {
  const t = useWords();
  const money = useMoney();
  const done = useDone();
  const act = useAction(async (key) => {
    await writeOff(payment.id, key);
    await done(t("treasury:writeOff.done"));
    onClose();
  });
  return (
    <Dialog
      open
      title={t("treasury:writeOff.title")}
      onClose={onClose}
      actions={
        <>
          <Button variant="secondary" onClick={onClose}>
            {t("cancel")}
          </Button>
          <Button busy={act.busy} onClick={act.run}>
            {t("treasury:writeOff.open")}
          </Button>
        </>
      }
    >
      {act.error !== undefined && <ErrorState error={act.error} />}
      <p>
        {t("treasury:writeOff.text", {
          amount: money(payment.amount),
          purpose: payment.purpose,
          reference: payment.reference,
        })}
      </p>
    </Dialog>
  );
}
