import { useEffect, useState } from "react";
import { useWords } from "../i18n";

/** The place of a page or part that is on its way; says so to screen readers when it takes longer. */
export function Loading() {
  const t = useWords();
  const [slow, setSlow] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setSlow(true), 800);
    return () => clearTimeout(timer);
  }, []);
  return (
    <div aria-busy="true">
      <div className="pv-skeleton" aria-hidden>
        <span />
        <span />
        <span />
      </div>
      <p className="pv-hidden" role="status">
        {slow ? t("loading") : ""}
      </p>
    </div>
  );
}
