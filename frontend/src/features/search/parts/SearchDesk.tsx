import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useWords } from "../../../i18n";
import { Page } from "../../../ui/Page";
import { PageHeading } from "../../../ui/PageHeading";

/** What surrounds the pages on which editors look after the search. */
export function SearchDesk({ title, text, children }: { title: string; text: string; children: ReactNode }) {
  const t = useWords();
  return (
    <Page>
      <div className="pv-stack pv-stack--small">
        <PageHeading title={title} />
        <p className="pv-text">{text}</p>
      </div>
      <nav aria-label={t("search:areas")}>
        <ul className="pv-filters">
          <li>
            <Link to="/redaktion/suche" activeOptions={{ exact: true, includeSearch: false }}>
              {t("search:synonyms.title")}
            </Link>
          </li>
          <li>
            <Link to="/redaktion/suche/ohne-ergebnis">{t("search:missed.title")}</Link>
          </li>
          <li>
            <Link to="/redaktion/suche/erklaerung">{t("search:why.title")}</Link>
          </li>
        </ul>
      </nav>
      {children}
    </Page>
  );
}
