import { useEffect, useRef } from "react";
import { useWords } from "../i18n";
import { Button } from "./Button";
import { useStatus } from "./Status";

/** The recovery codes, which are shown this once: to print or copy. */
export function RecoveryCodes({
  codes,
  text,
  onDone,
  heading: Heading = "h3",
}: {
  codes: string[];
  /** What they are good for. */
  text: string;
  onDone: () => void;
  heading?: "h2" | "h3";
}) {
  const t = useWords();
  const status = useStatus();
  const title = useRef<HTMLHeadingElement>(null);
  useEffect(() => title.current?.focus(), []);
  const copy = async () => {
    await navigator.clipboard.writeText(codes.join("\n"));
    status(t("common:recoveryCodes.copied"));
  };
  return (
    <div className="pv-stack pv-panel">
      <Heading ref={title} tabIndex={-1}>
        {t("common:recoveryCodes.title")}
      </Heading>
      <p>{text}</p>
      <ul className="pv-codes">
        {codes.map((code) => (
          <li key={code}>{code}</li>
        ))}
      </ul>
      <div className="pv-actions">
        <Button onClick={onDone}>{t("common:recoveryCodes.done")}</Button>
        <Button variant="secondary" onClick={() => window.print()}>
          {t("common:recoveryCodes.print")}
        </Button>
        <Button variant="secondary" onClick={() => void copy()}>
          {t("common:recoveryCodes.copy")}
        </Button>
      </div>
    </div>
  );
}
