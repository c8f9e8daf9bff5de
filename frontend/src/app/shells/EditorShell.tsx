import { useSuspenseQuery } from "@tanstack/react-query";
import { Link, Outlet } from "@tanstack/react-router";
import { hasRole, hasRoleSomewhere, isEditor, sessionQuery } from "../../api/session";
import { useWords } from "../../i18n";
import { Footer } from "./Footer";
import { Forbidden } from "./Forbidden";
import { DemoBanner, Header, SkipLink } from "./Header";
import { OfflineBar } from "./OfflineBar";
import { ToStaffSignIn } from "./ToStaffSignIn";

/** What surrounds the pages of those who write the catalog; others are led to the sign-in, or told that they may not. */
export function EditorShell() {
  const t = useWords();
  const { data: session } = useSuspenseQuery(sessionQuery);
  if (!session.signedIn) return <ToStaffSignIn />;
  return (
    <>
      <SkipLink />
      <DemoBanner />
      <Header subtitle={t("editing:desk")}>
        {isEditor(session) && <EditorLinks />}
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
        {hasRole(session, "admin") && (
          <li>
            <Link to="/verwaltung/anwendungen">{t("nav.administration")}</Link>
          </li>
        )}
        <li>
          <Link to="/" activeOptions={{ exact: true }}>
            {t("editing:nav.portal")}
          </Link>
        </li>
      </Header>
      <OfflineBar />
      <main id="content" tabIndex={-1} className="pv-content">
        {isEditor(session) ? <Outlet /> : <Forbidden />}
      </main>
      <Footer />
    </>
  );
}

/** The areas of the catalog's desk, one line each. */
function EditorLinks() {
  const t = useWords();
  return (
    <>
      <li>
        <Link to="/redaktion" activeOptions={{ exact: true }}>
          {t("editing:nav.overview")}
        </Link>
      </li>
      <li>
        <Link to="/redaktion/$area" params={{ area: "leistungen" }} activeOptions={{ includeSearch: false }}>
          {t("editing:nav.services")}
        </Link>
      </li>
      <li>
        <Link to="/redaktion/$area" params={{ area: "stellen" }} activeOptions={{ includeSearch: false }}>
          {t("editing:nav.offices")}
        </Link>
      </li>
      <li>
        <Link to="/redaktion/formulare" activeOptions={{ includeSearch: false }}>
          {t("editing:nav.forms")}
        </Link>
      </li>
      <li>
        <Link to="/redaktion/quellen">{t("editing:nav.sources")}</Link>
      </li>
      <li>
        <Link to="/redaktion/suche">{t("search:nav")}</Link>
      </li>
      <li>
        <Link to="/redaktion/einstellungen">{t("editing:nav.settings")}</Link>
      </li>
    </>
  );
}
