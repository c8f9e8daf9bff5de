import { localText } from "../../../forms/definition";
import { currentLanguage, useWords } from "../../../i18n";
import type { FormContent } from "./api";
import { differences, sameContent } from "./compare";

/** What differs between two versions of a form, in words. */
export function Changes({ before, after }: { before: FormContent; after: FormContent }) {
  const t = useWords();
  const language = currentLanguage();
  const found = differences(before, after, language);
  if (found.length === 0) {
    return <p>{t(sameContent(before, after) ? "builder:changes.none" : "builder:changes.invisible")}</p>;
  }
  const quoted = (text: string) => (text === "" ? t("builder:untitled") : text);
  return (
    <ul className="pv-bullets">
      {found.map(({ what, label, within, details }, index) => (
        // The same question may be added and removed under the same label.
        // oxlint-disable-next-line react/no-array-index-key
        <li key={index}>
          {t(`builder:changes.${what}`, { question: quoted(localText(label, language)) })}
          {within && what !== "changed" && (
            <span className="pv-muted">
              {" "}
              {t("builder:changes.within", { step: quoted(localText(within, language)) })}
            </span>
          )}
          {details.length > 0 && (
            <ul className="pv-bullets">
              {details.map((detail, position) => (
                // oxlint-disable-next-line react/no-array-index-key
                <li key={position}>
                  {t(`builder:changes.detail.${detail.what}`, {
                    before: quoted(detail.before ?? ""),
                    after: quoted(detail.after ?? ""),
                  })}
                </li>
              ))}
            </ul>
          )}
        </li>
      ))}
    </ul>
  );
}
