import { hasStatus } from "../../../api/problem";
import type { SaveState } from "../../../forms/draftSaver";
import { currentLanguage, useWords } from "../../../i18n";
import { formatTime } from "../../../lib/dates";
import { Button } from "../../../ui/Button";
import { ErrorState } from "../../../ui/ErrorState";
import { LiveLine } from "../../../ui/Status";

/** How it stands with saving: quiet while all is well, plain when it is not. */
export function SaveLine({ saved }: { saved: SaveState }) {
  const t = useWords();
  if (saved.state === "failed") {
    const elsewhere = hasStatus(saved.error, 412);
    return elsewhere ? (
      <div className="pv-stack pv-stack--small" role="alert">
        <p>{t("applications:form.changedElsewhere")}</p>
        <div>
          <Button variant="secondary" onClick={() => window.location.reload()}>
            {t("applications:form.reload")}
          </Button>
        </div>
      </div>
    ) : (
      <ErrorState error={saved.error} />
    );
  }
  if (saved.state === "offline") return <LiveLine icon="warning">{t("forms:saved.offline")}</LiveLine>;
  if (saved.savedAt && saved.state === "saved") {
    const time = formatTime(saved.savedAt, currentLanguage());
    return <LiveLine icon="check">{t("forms:saved.saved", { time })}</LiveLine>;
  }
  return (
    <LiveLine>
      {saved.state === "saving" ? t("forms:saved.saving") : t("applications:form.autosave")}
    </LiveLine>
  );
}
