import { useWords } from "../../../i18n";
import { Button } from "../../../ui/Button";
import { Dialog } from "../../../ui/Dialog";
import { QrCode } from "../../../ui/QrCode";
import { useStatus } from "../../../ui/Status";
import type { CoApplicantInvitation } from "../joint";

/** The link of an invitation, as a picture and as text. It is shown this once. */
export default function LinkDialog({
  invitation,
  link,
  onClose,
}: {
  invitation: CoApplicantInvitation;
  link: string;
  onClose: () => void;
}) {
  const t = useWords();
  const status = useStatus();
  const { name, email } = invitation.coApplicant;
  const copy = async () => {
    await navigator.clipboard.writeText(link);
    status(t("applications:joint.copied"));
  };
  return (
    <Dialog
      open
      title={t("applications:joint.linkTitle", { name })}
      onClose={onClose}
      actions={
        <Button variant="secondary" onClick={onClose}>
          {t("common:close")}
        </Button>
      }
    >
      <div className="pv-stack pv-stack--medium">
        <p>
          {email === undefined
            ? t("applications:joint.linkText")
            : t("applications:joint.linkMailed", { email })}
        </p>
        <QrCode text={link} label={t("applications:joint.code")} />
        <p className="pv-hash">{link}</p>
        <div>
          <Button variant="tertiary" small onClick={() => void copy()}>
            {t("applications:joint.copy")}
          </Button>
        </div>
        <p className="pv-small pv-muted">{t("applications:joint.linkOnce")}</p>
      </div>
    </Dialog>
  );
}
