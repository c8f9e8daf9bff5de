import { useState } from "react";
import { currentLanguage, useWords } from "../../../i18n";
import { formatDate } from "../../../lib/dates";
import { Icon } from "../../../ui/Icon";
import type { Service } from "../api";
import { easy, languageName } from "../languages";

/** After so many years without a change, a reader is told how old a text is. */
const oldAfterYears = 3;

/** What a reader should know before relying on a text: another language, a translation by a program, its age, when it begins to hold. */
export function TextNotices({ service }: { service: Service }) {
  const t = useWords();
  const page = currentLanguage();
  const [today] = useState(() => new Date());
  const { language, languages, otherLanguages, validity, updatedAt } = service;
  const notices: string[] = [];
  if (service.state === "upcoming") {
    const from = validity
      .flatMap((period) => (period.from === undefined ? [] : [period.from]))
      .filter((moment) => new Date(moment) > today)
      .toSorted()[0];
    notices.push(
      from === undefined
        ? t("catalog:notice.upcoming")
        : t("catalog:notice.upcomingFrom", { date: formatDate(from.slice(0, 10), page) }),
    );
  }
  if (!languages.includes(page) && language.split("-")[0] !== page) {
    notices.push(t("catalog:language.only", { language: languageName(language, page, t) }));
  } else if (otherLanguages.length > 0) {
    const names = [...new Set(otherLanguages.map((text) => languageName(text.language, page, t)))];
    notices.push(
      language === easy
        ? t("catalog:notice.partlyEasy")
        : t("catalog:notice.partly", { languages: new Intl.ListFormat(page).format(names) }),
    );
  }
  if (service.machineTranslated === true) notices.push(t("catalog:notice.machine"));
  const old = new Date(today);
  old.setFullYear(old.getFullYear() - oldAfterYears);
  if (new Date(updatedAt) < old) {
    notices.push(t("catalog:notice.old", { date: formatDate(updatedAt.slice(0, 10), page) }));
  }
  if (notices.length === 0) return null;
  return (
    <ul className="pv-bare pv-stack pv-stack--small">
      {notices.map((notice) => (
        <li key={notice} className="pv-notice pv-small">
          <Icon name="info" />
          {notice}
        </li>
      ))}
    </ul>
  );
}
