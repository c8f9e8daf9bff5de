import { useSuspenseQuery } from "@tanstack/react-query";
import { Link, Outlet } from "@tanstack/react-router";
import { useWords } from "../../i18n";
import { hasRole, hasRoleSomewhere, isEditor, sessionQuery } from "../../api/session";
import { Footer } from "./Footer";
import { DemoBanner, Header, SkipLink } from "./Header";
import { OfflineBar } from "./OfflineBar";

/** What surrounds the pages of those who work here. */
export function DeskShell() {
  const t = useWords();
  const { data: session } = useSuspenseQuery(sessionQuery);
  return (
    <>
      <SkipLink />
      <DemoBanner />
      <Header subtitle={t("cases:desk")}>
        {hasRoleSomewhere(session, "clerk") && (
          <li>
            <Link to="/mitarbeit">{t("nav.inbox")}</Link>
          </li>
        )}
        {hasRole(session, "treasurer") && (
          <li>
            <Link to="/kasse">{t("nav.treasury")}</Link>
          </li>
        )}
        {isEditor(session) && (
          <li>
            <Link to="/redaktion">{t("nav.editing")}</Link>
          </li>
        )}
        {hasRoleSomewhere(session, "admin") && (
          <li>
            <Link to={hasRole(session, "admin") ? "/verwaltung/anwendungen" : "/verwaltung/beschaeftigte"}>
              {t("nav.administration")}
            </Link>
          </li>
        )}
        <li>
          <Link to="/">{t("nav.services")}</Link>
        </li>
      </Header>
      <OfflineBar />
      <main id="content" tabIndex={-1} className="pv-content">
        <Outlet />
      </main>
      <Footer />
    </>
  );
}
