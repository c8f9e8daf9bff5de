import { useWords } from "../../../i18n";
import { signInWithPasskey, type Session } from "../../../api/session";
import { Button } from "../../../ui/Button";
import { ErrorState } from "../../../ui/ErrorState";
import { useAction } from "../../../ui/useAction";

/** Signs in with a passkey, where the browser knows them. */
export function PasskeyButton({ onProved }: { onProved: (session: Session) => Promise<void> }) {
  const t = useWords();
  const send = useAction(async () => {
    try {
      await onProved(await signInWithPasskey());
    } catch (problem) {
      if (!(problem instanceof Error && problem.name === "PasskeyCancelled")) throw problem;
    }
  });
  if (typeof window.PublicKeyCredential === "undefined") return null;
  return (
    <div className="pv-stack pv-stack--small">
      <p className="pv-muted">{t("signin:passkey.or")}</p>
      {send.error !== undefined && <ErrorState error={send.error} />}
      <div className="pv-actions">
        <Button variant="secondary" busy={send.busy} onClick={send.run}>
          {t("signin:passkey.button")}
        </Button>
      </div>
      <p className="pv-small pv-muted">{t("signin:passkey.note")}</p>
    </div>
  );
}
