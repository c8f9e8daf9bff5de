import type { useAutosave } from "../../../forms/useAutosave";
import { currentLanguage, useWords } from "../../../i18n";
import { formatTime } from "../../../lib/dates";
import { LiveLine } from "../../../ui/Status";

/** How it stands with saving what is being written. */
export function SaveLine({ saved }: { saved: ReturnType<typeof useAutosave>["saved"] }) {
  const t = useWords();
  switch (saved.state) {
    case "clean":
      return <LiveLine>{""}</LiveLine>;
    case "saved":
      return (
        <LiveLine icon="check">
          {saved.savedAt && t("editing:save.saved", { at: formatTime(saved.savedAt, currentLanguage()) })}
        </LiveLine>
      );
    case "offline":
      return <LiveLine icon="warning">{t("editing:save.offline")}</LiveLine>;
    case "failed":
      return <LiveLine icon="warning">{t("editing:save.failed")}</LiveLine>;
    default:
      return <LiveLine>{t("editing:save.saving")}</LiveLine>;
  }
}
