import { createContext, useContext, useEffect, useState, type ReactNode } from "react";
import { useWords } from "../i18n";
import { Icon } from "./Icon";

type Show = (text: string) => void;

const StatusContext = createContext<Show>(() => undefined);

/** Returns a function that shows and announces a short message: what was just done. */
export function useStatus(): Show {
  return useContext(StatusContext);
}

const shownFor = 10_000;

/** Holds the messages that useStatus shows: one at a time, until it is closed, the next one comes, or ten seconds are over. */
export function StatusProvider({ children }: { children: ReactNode }) {
  const t = useWords();
  const [text, setText] = useState("");
  useEffect(() => {
    if (text === "") return;
    const timer = setTimeout(() => setText(""), shownFor);
    return () => clearTimeout(timer);
  }, [text]);
  return (
    <StatusContext.Provider value={setText}>
      {children}
      <div className="pv-toasts" role="status">
        {text !== "" && (
          <div className="pv-toast">
            <span>{text}</span>
            <button type="button" className="pv-toast__close" onClick={() => setText("")}>
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
