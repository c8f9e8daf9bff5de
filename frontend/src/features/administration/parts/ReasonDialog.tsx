import { useState, type ReactNode } from "react";
import { useWords } from "../../../i18n";
import { Button } from "../../../ui/Button";
import { Dialog } from "../../../ui/Dialog";
import { ErrorState } from "../../../ui/ErrorState";
import { TextArea } from "../../../ui/fields/TextField";
import { useAction } from "../../../ui/useAction";

/** Asks for a reason before something is ended. */
export function ReasonDialog({
  title,
  text,
  button,
  act,
  onClose,
}: {
  title: string;
  text: ReactNode;
  button: string;
  act: (reason: string) => Promise<void>;
  onClose: () => void;
}) {
  const t = useWords();
  const [reason, setReason] = useState("");
  const [missing, setMissing] = useState(false);
  const action = useAction(() => act(reason.trim()));
  return (
    <Dialog
      open
      title={title}
      onClose={onClose}
      actions={
        <>
          <Button variant="secondary" onClick={onClose}>
            {t("cancel")}
          </Button>
          <Button
            busy={action.busy}
            onClick={() => {
              setMissing(reason.trim() === "");
              if (reason.trim() !== "") action.run();
            }}
          >
            {button}
          </Button>
        </>
      }
    >
      {action.error !== undefined && <ErrorState error={action.error} />}
      <p>{text}</p>
      <TextArea
        id="reason"
        label={t("administration:association.reason")}
        error={missing ? t("administration:association.reasonMissing") : undefined}
        value={reason}
        onChange={setReason}
      />
    </Dialog>
  );
}
