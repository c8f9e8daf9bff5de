import { useSuspenseQuery } from "@tanstack/react-query";
import { Link, Outlet } from "@tanstack/react-router";
import { lazy, Suspense, type ReactNode } from "react";
import { useWords } from "../../i18n";
import { isElsewhere } from "../../api/homes";
import { portalQuery } from "../../api/portal";
import { hasRole, hasRoleSomewhere, isEditor, isStaff, sessionQuery } from "../../api/session";
import { Footer } from "./Footer";
import { DemoBanner, Header, SkipLink } from "./Header";
import { OfflineBar } from "./OfflineBar";

/** Loaded for those who act for somebody: most never do. */
const ActingBar = lazy(() => import("./ActingBar"));

/** What surrounds every page that citizens see. */
export function CitizenShell({ children }: { children?: ReactNode }) {
  const t = useWords();
  const { data: portal } = useSuspenseQuery(portalQuery);
  const { data: session } = useSuspenseQuery(sessionQuery);
  return (
    <>
      <SkipLink />
      <DemoBanner />
      <Header subtitle={portal.association.name}>
        <li>
          <Link to="/" activeOptions={{ exact: true }}>
            {t("nav.services")}
          </Link>
        </li>
        <li>
          <Link to="/a-z">{t("nav.register")}</Link>
        </li>
        <li>
          <Link to="/stellen">{t("nav.offices")}</Link>
        </li>
        <li>
          <Link to="/merkliste">{t("nav.favourites")}</Link>
        </li>
        <li>
          <Link to="/antraege">{t("nav.applications")}</Link>
        </li>
        <li>
          <Link to="/postfach">{t("nav.mailbox")}</Link>
        </li>
        {session.signedIn && (
          <li>
            {!isElsewhere(portal, session) || session.accountUrl === undefined ? (
              <Link to="/konto">{t("nav.account")}</Link>
            ) : (
              <a href={session.accountUrl}>{t("nav.account")}</a>
            )}
          </li>
        )}
        {session.signedIn && !isStaff(session) && (
          <li>
            <Link to="/handeln-fuer">{t("nav.acting")}</Link>
          </li>
        )}
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
      </Header>
      {session.acting && (
        <Suspense>
          <ActingBar acting={session.acting} />
        </Suspense>
      )}
      <OfflineBar />
      <main id="content" tabIndex={-1} className="pv-content">
        {children ?? <Outlet />}
      </main>
      <Footer />
    </>
  );
}
