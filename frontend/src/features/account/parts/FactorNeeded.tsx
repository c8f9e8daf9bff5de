import { useQueryClient } from "@tanstack/react-query";
import type { Schemas } from "../../../api/client";
import { keepSession, signInWithPasskey } from "../../../api/session";
import { useWords } from "../../../i18n";
import { Alert } from "../../../ui/Alert";
import { Button } from "../../../ui/Button";
import { ErrorState } from "../../../ui/ErrorState";
import { useAction } from "../../../ui/useAction";

/** Says to who works here that their second factor must be proved before anything is changed, and lets them do so by a passkey. */
export function FactorNeeded({ credentials }: { credentials: Schemas["Credentials"] }) {
  const t = useWords();
  const queryClient = useQueryClient();
  const byPasskey = credentials.passkeys.length > 0;
  const prove = useAction(async () => {
    try {
      keepSession(queryClient, await signInWithPasskey());
    } catch (error) {
      if (!(error instanceof Error && error.name === "PasskeyCancelled")) throw error;
    }
  });
  return (
    <Alert kind="info" title={t("account:security.factor.title")} live>
      {prove.error !== undefined && <ErrorState error={prove.error} />}
      <p>{t(byPasskey ? "account:security.factor.passkey" : "account:security.factor.codes")}</p>
      {byPasskey && (
        <div className="pv-actions">
          <Button busy={prove.busy} onClick={prove.run}>
            {t("account:security.prove.passkey")}
          </Button>
        </div>
      )}
      <p>{t("account:security.factor.lost")}</p>
    </Alert>
  );
}
