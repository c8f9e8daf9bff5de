import { useWords } from "../../i18n";
import { PageHeading } from "../../ui/PageHeading";

/** Says that a page is not for the person who is signed in. */
export function Forbidden() {
  const t = useWords();
  return (
    <div className="pv-page pv-main pv-stack">
      <PageHeading title={t("error.forbiddenTitle")} />
      <p className="pv-text">{t("error.forbiddenText")}</p>
    </div>
  );
}
