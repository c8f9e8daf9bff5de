import type { ReactNode } from "react";
import { useWords } from "../i18n";
import { Button } from "./Button";
import { Dialog } from "./Dialog";
import { ErrorState } from "./ErrorState";

/** A dialog in which something is filled in; the button and the enter key both send it. */
export function FormDialog({
  title,
  button,
  busy,
  error,
  onSubmit,
  onClose,
  children,
}: {
  title: string;
  button: string;
  busy: boolean;
  error: unknown;
  onSubmit: () => void;
  onClose: () => void;
  children: ReactNode;
}) {
  const t = useWords();
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
          <Button busy={busy} onClick={onSubmit}>
            {button}
          </Button>
        </>
      }
    >
      <form
        className="pv-stack"
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          onSubmit();
        }}
      >
        {error !== undefined && <ErrorState error={error} />}
        {children}
      </form>
    </Dialog>
  );
}
