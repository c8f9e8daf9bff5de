import { useEffect, useRef } from "react";
import { useWords } from "../../../i18n";
import { Button } from "../../../ui/Button";
import { useStatus } from "../../../ui/Status";

/** The recovery codes, which are shown this once: to print or copy. */
export function RecoveryCodes({ codes, onDone }: { codes: string[]; onDone: () => void }) {
  const t = useWords();
  const status = useStatus();
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), []);
  const copy = async () => {
    await navigator.clipboard.writeText(codes.join("\n"));
    status(t("account:security.codes.copied"));
  };
  return (
    <div className="pv-stack pv-panel">
      <h3 ref={heading} tabIndex={-1}>
        {t("account:security.codes.recoveryTitle")}
      </h3>
      <p>{t("account:security.codes.recoveryText")}</p>
      <ul className="pv-codes">
        {codes.map((code) => (
          <li key={code}>{code}</li>
        ))}
      </ul>
      <div className="pv-actions">
        <Button onClick={onDone}>{t("account:security.codes.done")}</Button>
        <Button variant="secondary" onClick={() => window.print()}>
          {t("account:security.codes.print")}
        </Button>
        <Button variant="secondary" onClick={() => void copy()}>
          {t("account:security.codes.copy")}
        </Button>
      </div>
    </div>
  );
}
