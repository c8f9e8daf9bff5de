import { useEffect, useRef } from "react";
import { useWords } from "../../../i18n";
import { focusElement } from "../../../lib/focus";
import { Alert } from "../../../ui/Alert";
import { Button } from "../../../ui/Button";
import { useStatus } from "../../../ui/Status";

/** A new secret, shown this once, with a way to copy it. */
export function SecretOnce({ secret }: { secret: string }) {
  const t = useWords();
  const status = useStatus();
  const ref = useRef<HTMLDivElement>(null);
  useEffect(() => focusElement(ref.current), []);
  const copy = async () => {
    await navigator.clipboard.writeText(secret);
    status(t("administration:secret.copied"));
  };
  return (
    <div ref={ref} tabIndex={-1}>
      <Alert kind="success" title={t("administration:secret.onceTitle")}>
        <div className="pv-stack pv-stack--medium">
          <p>{t("administration:secret.onceText")}</p>
          <p>
            <code className="pv-code" data-secret>
              {secret}
            </code>
          </p>
          <div>
            <Button variant="secondary" onClick={() => void copy()}>
              {t("administration:secret.copy")}
            </Button>
          </div>
        </div>
      </Alert>
    </div>
  );
}
