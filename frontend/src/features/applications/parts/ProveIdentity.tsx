import type { TrustLevel } from "../../../api/identity";
import { signInAddress } from "../../../api/session";
import { useWords } from "../../../i18n";
import { leaveFor } from "../../../lib/leave";
import { Alert } from "../../../ui/Alert";
import { AnchorButton } from "../../../ui/Button";

/** Before submitting: the service needs a higher trust level than the session has. The draft is saved before the person leaves. */
export function ProveIdentity({
  level,
  returnTo,
  save,
  consents = false,
}: {
  level: TrustLevel;
  returnTo: string;
  /** Saves the draft at once; says whether all of it is saved. */
  save: () => Promise<boolean>;
  /** Whether the person consents to what somebody else has filled in, and does not submit. */
  consents?: boolean;
}) {
  const t = useWords();
  const address = signInAddress(returnTo, { level });
  const go = async () => {
    if (await save()) leaveFor(address);
  };
  return (
    <Alert kind="info" title={t("applications:prove.title")}>
      <p>{t("applications:prove.text", { level: t(`applications:prove.level.${level}`) })}</p>
      <p>{t(consents ? "applications:joint.other.proveThen" : "applications:prove.kept")}</p>
      <div>
        <AnchorButton
          href={address}
          icon="arrow-forward"
          onClick={(event) => {
            if (event.ctrlKey || event.metaKey || event.shiftKey) return; // opens another tab; this one stays
            event.preventDefault();
            void go();
          }}
        >
          {t("applications:prove.go")}
        </AnchorButton>
      </div>
    </Alert>
  );
}
