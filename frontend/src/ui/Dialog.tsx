import { useEffect, useId, useRef, type ReactNode } from "react";
import { useWords } from "../i18n";

/** A question that must be answered before the page goes on. Escape and "cancel" close it. */
export function Dialog({
  open,
  title,
  onClose,
  actions,
  children,
}: {
  open: boolean;
  title: ReactNode;
  onClose: () => void;
  actions: ReactNode;
  children: ReactNode;
}) {
  const t = useWords();
  const titleId = useId();
  const ref = useRef<HTMLDialogElement>(null);
  const opener = useRef<Element>(null);
  useEffect(() => {
    const dialog = ref.current;
    if (!dialog) return;
    if (open && !dialog.open) {
      opener.current = document.activeElement;
      dialog.showModal();
    }
    if (!open && dialog.open) dialog.close();
  }, [open]);
  // A dialog that is taken out of the page while it is open leaves the focus nowhere: it goes back to what had it.
  useEffect(
    () => () => {
      const before = opener.current;
      if (document.activeElement === document.body && before instanceof HTMLElement) before.focus();
    },
    [],
  );
  return (
    <dialog ref={ref} className="kern-dialog" aria-labelledby={titleId} onClose={onClose}>
      <div className="kern-dialog__header">
        <h2 id={titleId} className="kern-title kern-title--large">
          {title}
        </h2>
        <button type="button" className="kern-btn kern-btn--tertiary" onClick={onClose}>
          <span className="kern-icon kern-icon--close" aria-hidden />
          <span className="kern-label kern-sr-only">{t("close")}</span>
        </button>
      </div>
      <div className="kern-dialog__body">{children}</div>
      <div className="kern-dialog__footer">{actions}</div>
    </dialog>
  );
}
