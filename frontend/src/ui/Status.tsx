import { createContext, useCallback, useContext, useEffect, useState, type ReactNode } from "react";
import { useWords } from "../i18n";
import { Icon } from "./Icon";

/** What can be done about a message, such as taking back what was just done. */
interface Action {
  label: string;
  run: () => void;
}

type Show = (text: string, action?: Action) => void;

const StatusContext = createContext<Show>(() => undefined);

/** Returns a function that shows and announces a short message: what was just done. */
export function useStatus(): Show {
  return useContext(StatusContext);
}

const shownFor = 10_000;

/**
 * Holds the messages that useStatus shows: one at a time, until it is closed, the next one comes, or ten seconds are over;
 * one that can be acted on stays.
 */
export function StatusProvider({ children }: { children: ReactNode }) {
  const t = useWords();
  const [message, setMessage] = useState<{ text: string; action?: Action | undefined }>();
  const show = useCallback<Show>((text, action) => setMessage({ text, action }), []);
  const close = () => setMessage(undefined);
  useEffect(() => {
    if (message === undefined || message.action) return; // who may act on it is given all the time they need
    const timer = setTimeout(() => setMessage(undefined), shownFor);
    return () => clearTimeout(timer);
  }, [message]);
  return (
    <StatusContext.Provider value={show}>
      {children}
      <div className="pv-toasts" role="status">
        {message && (
          <div className="pv-toast">
            <span>{message.text}</span>
            {message.action && (
              <button
                type="button"
                className="pv-toast__close"
                onClick={() => {
                  message.action?.run();
                  close();
                }}
              >
                {message.action.label}
              </button>
            )}
            <button type="button" className="pv-toast__close" onClick={close}>
              {t("close")}
            </button>
          </div>
        )}
      </div>
    </StatusContext.Provider>
  );
}

/** A line of the page that changes while the person looks on, such as "saved at 14:05". */
export function LiveLine({ children, icon }: { children: ReactNode; icon?: "check" | "warning" }) {
  return (
    <p className="pv-save-state" role="status">
      {icon && <Icon name={icon} size="small" />}
      {children}
    </p>
  );
}
