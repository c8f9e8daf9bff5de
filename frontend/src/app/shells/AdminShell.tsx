import { useSuspenseQuery } from "@tanstack/react-query";
import { Link, Outlet, useLocation } from "@tanstack/react-router";
import { hasRole, hasRoleSomewhere, sessionQuery } from "../../api/session";
import { useWords } from "../../i18n";
import { Forbidden } from "./Forbidden";
import { Frame } from "./Frame";
import { ToStaffSignIn } from "./ToStaffSignIn";
import { WorkLinks } from "./WorkLinks";

/** What surrounds the pages of those who set up the portal; others are led to the sign-in, or told that they may not. */
export function AdminShell() {
  const t = useWords();
  const { data: session } = useSuspenseQuery(sessionQuery);
  const admin = hasRole(session, "admin");
  const auditor = hasRoleSomewhere(session, "auditor");
  const givesRoles = hasRoleSomewhere(session, "admin");
  const path = useLocation({ select: (location) => location.pathname });
  const may = path.startsWith("/verwaltung/protokoll")
    ? auditor
    : path.startsWith("/verwaltung/beschaeftigte")
      ? givesRoles
      : admin;
  if (!session.signedIn) return <ToStaffSignIn />;
  return (
    <Frame
      subtitle={t("administration:title")}
      links={
        <>
          {admin && (
            <li>
              <Link to="/verwaltung/anwendungen">{t("administration:clients.title")}</Link>
            </li>
          )}
          {givesRoles && (
            <li>
              <Link to="/verwaltung/beschaeftigte">{t("administration:staff.title")}</Link>
            </li>
          )}
          {admin && (
            <>
              <li>
                <Link to="/verwaltung/verbund">{t("administration:association.title")}</Link>
              </li>
              <li>
                <Link to="/verwaltung/anbieter">{t("administration:providers.title")}</Link>
              </li>
              <li>
                <Link to="/verwaltung/zahlungsdienste">{t("administration:payments.title")}</Link>
              </li>
              <li>
                <Link to="/verwaltung/vorgaenge">{t("administration:cases.title")}</Link>
              </li>
              <li>
                <Link to="/verwaltung/anmeldedienste">{t("administration:identity.title")}</Link>
              </li>
              <li>
                <Link to="/verwaltung/e-mails">{t("administration:mailState.title")}</Link>
              </li>
            </>
          )}
          {auditor && (
            <li>
              <Link to="/verwaltung/protokoll">{t("administration:audit.title")}</Link>
            </li>
          )}
          <WorkLinks session={session} without="administration" />
          <li>
            <Link to="/" activeOptions={{ exact: true }}>
              {t("nav.services")}
            </Link>
          </li>
        </>
      }
    >
      {may ? <Outlet /> : <Forbidden />}
    </Frame>
  );
}
