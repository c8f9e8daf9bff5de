import { currentLanguage, useWords } from "../../../i18n";
import { formatDate, shiftDay, todayInGermany } from "../../../lib/dates";
import { RichText } from "../../../ui/RichText";
import type { ProcessingTime } from "../api";

/** How long it usually takes, as the catalog says, reckoned from the submission, and what one can do when it takes longer than that. */
export function Expected({
  usual,
  submittedAt,
  waits,
}: {
  usual: ProcessingTime;
  submittedAt: string;
  /** Whether the authority waits for an answer: then there is no telling. */
  waits: boolean;
}) {
  const t = useWords();
  const until =
    usual.days === undefined || waits
      ? undefined
      : shiftDay(todayInGermany(new Date(submittedAt)), usual.days, "d");
  return (
    <>
      <RichText html={usual.text} />
      {until !== undefined && (
        <p>
          {until < todayInGermany()
            ? t("applications:page.expected.late")
            : t("applications:page.expected.until", { day: formatDate(until, currentLanguage()) })}
        </p>
      )}
    </>
  );
}
