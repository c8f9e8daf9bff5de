import { useWords } from "../../../i18n";
import { Alert } from "../../../ui/Alert";
import { Button } from "../../../ui/Button";
import { Dialog } from "../../../ui/Dialog";
import { QrCode } from "../../../ui/QrCode";

/** The address of a draft for another device, as a picture and as text. It opens only for who signs in there as the same person. */
export default function DeviceDialog({
  applicationId,
  saved,
  onClose,
}: {
  applicationId: string;
  /** Whether the portal has the newest answers. */
  saved: boolean;
  onClose: () => void;
}) {
  const t = useWords();
  const address = `${window.location.origin}/antraege/${applicationId}/bearbeiten`;
  return (
    <Dialog
      open
      title={t("applications:device.title")}
      onClose={onClose}
      actions={
        <Button variant="secondary" onClick={onClose}>
          {t("common:close")}
        </Button>
      }
    >
      <div className="pv-stack pv-stack--medium">
        {!saved && (
          <Alert kind="warning" title={t("applications:device.unsavedTitle")}>
            <p>{t("applications:device.unsavedText")}</p>
          </Alert>
        )}
        <p>{t("applications:device.text")}</p>
        <QrCode text={address} label={t("applications:device.code")} />
        <p>
          {t("applications:device.typed")}
          <br />
          <span className="pv-hash">{address}</span>
        </p>
        <p className="pv-small pv-muted">{t("applications:device.safe")}</p>
      </div>
    </Dialog>
  );
}
