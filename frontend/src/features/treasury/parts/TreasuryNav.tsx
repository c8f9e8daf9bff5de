import { Link } from "@tanstack/react-router";
import { useWords } from "../../../i18n";

/** The pages of the treasury. */
export function TreasuryNav() {
  const t = useWords();
  return (
    <nav className="pv-subnav" aria-label={t("treasury:nav.label")}>
      <ul>
        <li>
          <Link to="/kasse" activeOptions={{ exact: true }}>
            {t("treasury:nav.overview")}
          </Link>
        </li>
        <li>
          <Link to="/kasse/zahlungen" activeOptions={{ includeSearch: false }}>
            {t("treasury:nav.payments")}
          </Link>
        </li>
        <li>
          <Link to="/kasse/erstattungen">{t("treasury:nav.refunds")}</Link>
        </li>
        <li>
          <Link to="/kasse/konto" activeOptions={{ includeSearch: false }}>
            {t("treasury:nav.account")}
          </Link>
        </li>
        <li>
          <Link to="/kasse/abgleich" activeOptions={{ includeSearch: false }}>
            {t("treasury:nav.reconciliation")}
          </Link>
        </li>
      </ul>
    </nav>
  );
}
