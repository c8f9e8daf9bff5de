import { useState } from "react";
import { currentLanguage, useWords } from "../../../i18n";
import { formatDate } from "../../../lib/dates";
import { Badge } from "../../../ui/Badge";
import { Button } from "../../../ui/Button";
import { Dialog } from "../../../ui/Dialog";
import { ErrorState } from "../../../ui/ErrorState";
import { ErrorSummary } from "../../../ui/ErrorSummary";
import { TextField } from "../../../ui/fields/TextField";
import { FormDialog } from "../../../ui/FormDialog";
import { useAction } from "../../../ui/useAction";
import { useFormErrors } from "../../../ui/useFormErrors";
import { assignTransfer, giveBackTransfer, undoTransfer, type Transfer } from "../api";
import { useDone } from "./useDone";
import { useMoney } from "./useMoney";

/** Money that has come to the account, with what can be done about it. */
export function TransferItem({ transfer }: { transfer: Transfer }) {
  const t = useWords();
  const money = useMoney();
  const [asked, setAsked] = useState<"assign" | "giveBack" | "undo">();
  const { amount, open, used, given, name, iban, text, reference } = transfer;
  const close = () => setAsked(undefined);
  const about = <span className="pv-hidden"> {`${money(amount)} ${name ?? ""}`}</span>;
  return (
    <li className="pv-stack pv-stack--small">
      <div className="pv-row pv-row--between pv-row--top">
        <h3 className="pv-card-title">
          {t("treasury:transfer.amount", {
            amount: money(amount),
            day: formatDate(transfer.day, currentLanguage()),
          })}
        </h3>
        {open.amount > 0 && (
          <Badge kind="warning">{t("treasury:transfer.toClear", { amount: money(open) })}</Badge>
        )}
      </div>
      <p className="pv-break">{[name, iban].filter(Boolean).join(" · ")}</p>
      {text !== undefined && <p className="pv-small pv-break">{text}</p>}
      {used.amount > 0 && (
        <p className="pv-small">{t("treasury:transfer.used", { amount: money(used), reference })}</p>
      )}
      {given.amount > 0 && (
        <p className="pv-small">{t("treasury:transfer.given", { amount: money(given) })}</p>
      )}
      <div className="pv-actions">
        {open.amount > 0 && used.amount === 0 && (
          <Button small onClick={() => setAsked("assign")}>
            {t("treasury:transfer.assign")}
            {about}
          </Button>
        )}
        {open.amount > 0 && (
          <Button variant="secondary" small onClick={() => setAsked("giveBack")}>
            {t("treasury:transfer.giveBack")}
            {about}
          </Button>
        )}
        {used.amount > 0 && (
          <Button variant="tertiary" small onClick={() => setAsked("undo")}>
            {t("treasury:transfer.undo")}
            {about}
          </Button>
        )}
      </div>
      {asked === "assign" && <AssignDialog transfer={transfer} onClose={close} />}
      {(asked === "giveBack" || asked === "undo") && (
        <ConfirmDialog transfer={transfer} act={asked} onClose={close} />
      )}
    </li>
  );
}

const fields = { reference: "assign-reference" };

function AssignDialog({ transfer, onClose }: { transfer: Transfer; onClose: () => void }) {
  const t = useWords();
  const money = useMoney();
  const done = useDone();
  const errors = useFormErrors();
  const [reference, setReference] = useState("");
  const assign = useAction(async (key) => {
    try {
      await assignTransfer(transfer.id, reference.trim(), key);
      await done(t("treasury:transfer.assigned"));
      onClose();
    } catch (problem) {
      if (!errors.showProblem(problem, fields)) throw problem;
    }
  });
  return (
    <FormDialog
      title={t("treasury:transfer.assign")}
      button={t("treasury:transfer.assign")}
      busy={assign.busy}
      error={assign.error}
      onSubmit={() => {
        const missing = reference.trim() === "";
        if (
          errors.show(
            missing ? [{ fieldId: fields.reference, message: t("treasury:transfer.referenceMissing") }] : [],
          )
        )
          assign.run();
      }}
      onClose={onClose}
    >
      <ErrorSummary errors={errors.list} attempt={errors.attempt} />
      <p>{t("treasury:transfer.assignText", { amount: money(transfer.open) })}</p>
      <TextField
        id={fields.reference}
        label={t("treasury:payments.reference")}
        error={errors.of(fields.reference)}
        width="medium"
        input={{ autoComplete: "off", inputMode: "numeric" }}
        value={reference}
        onChange={setReference}
      />
    </FormDialog>
  );
}

function ConfirmDialog({
  transfer,
  act,
  onClose,
}: {
  transfer: Transfer;
  act: "giveBack" | "undo";
  onClose: () => void;
}) {
  const t = useWords();
  const money = useMoney();
  const done = useDone();
  const run = useAction(async (key) => {
    await (act === "undo" ? undoTransfer(transfer.id, key) : giveBackTransfer(transfer.id, key));
    await done(t(act === "undo" ? "treasury:transfer.undone" : "treasury:transfer.givenBack"));
    onClose();
  });
  return (
    <Dialog
      open
      title={t(`treasury:transfer.${act}Title`)}
      onClose={onClose}
      actions={
        <>
          <Button variant="secondary" onClick={onClose}>
            {t("cancel")}
          </Button>
          <Button busy={run.busy} onClick={run.run}>
            {t(`treasury:transfer.${act}`)}
          </Button>
        </>
      }
    >
      {run.error !== undefined && <ErrorState error={run.error} />}
      <p>
        {t(`treasury:transfer.${act}Text`, {
          amount: money(act === "undo" ? transfer.used : transfer.open),
          reference: transfer.reference,
        })}
      </p>
    </Dialog>
  );
}
