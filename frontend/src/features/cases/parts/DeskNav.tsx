import { Link } from "@tanstack/react-router";
import { useWords } from "../../../i18n";

/** The pages of the clerk's desk. */
export function DeskNav() {
  const t = useWords();
  return (
    <nav className="pv-subnav" aria-label={t("cases:nav.label")}>
      <ul>
        <li>
          <Link to="/mitarbeit" activeOptions={{ exact: true, includeSearch: false }}>
            {t("cases:nav.inbox")}
          </Link>
        </li>
        <li>
          <Link to="/mitarbeit/auswertung" activeOptions={{ includeSearch: false }}>
            {t("cases:nav.statistics")}
          </Link>
        </li>
        <li>
          <Link to="/mitarbeit/vorlagen">{t("cases:nav.templates")}</Link>
        </li>
        <li>
          <Link to="/mitarbeit/vertretung">{t("cases:nav.deputy")}</Link>
        </li>
      </ul>
    </nav>
  );
}
