import type { TrustLevel } from "../../../api/identity";
import { signInAddress } from "../../../api/session";
import { useWords } from "../../../i18n";
import { Alert } from "../../../ui/Alert";
import { AnchorButton } from "../../../ui/Button";

/** Before submitting: the service needs a higher trust level than the session has. The draft is kept meanwhile. */
export function ProveIdentity({ level, returnTo }: { level: TrustLevel; returnTo: string }) {
  const t = useWords();
  return (
    <Alert kind="info" title={t("applications:prove.title")}>
      <p>{t("applications:prove.text", { level: t(`applications:prove.level.${level}`) })}</p>
      <p>{t("applications:prove.kept")}</p>
      <div>
        <AnchorButton href={signInAddress(returnTo, { level })} icon="arrow-forward">
          {t("applications:prove.go")}
        </AnchorButton>
      </div>
    </Alert>
  );
}
