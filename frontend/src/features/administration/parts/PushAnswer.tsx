import { useWords } from "../../../i18n";
import { faultWords, type DeliveryHead } from "../providers";

/** What the provider answered to the last push, in people's words and for technicians. */
export function PushAnswer({ item }: { item: DeliveryHead }) {
  const t = useWords();
  const way = item.submission !== undefined ? "fitConnect" : item.byMail === true ? "mail" : "webhook";
  if (item.fault !== undefined) {
    return (
      <div className="pv-stack pv-stack--small">
        <p>{t(faultWords(item.fault, way))}</p>
        {item.lastError !== undefined && (
          <p className="pv-small pv-muted pv-break">
            {t("administration:deliveries.technical", { text: item.lastError })}
          </p>
        )}
      </div>
    );
  }
  if (item.answerStatus === undefined || way !== "webhook") return null;
  return (
    <p className="pv-small pv-muted">
      {t("administration:deliveries.answered", { status: item.answerStatus, ms: item.answerMs ?? 0 })}
    </p>
  );
}
