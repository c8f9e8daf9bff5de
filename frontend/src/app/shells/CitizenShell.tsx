import { useSuspenseQuery } from "@tanstack/react-query";
import { Link, Outlet } from "@tanstack/react-router";
import { lazy, Suspense, type ReactNode } from "react";
import { useWords } from "../../i18n";
import { isElsewhere } from "../../api/homes";
import { portalQuery } from "../../api/portal";
import { isStaff, sessionQuery } from "../../api/session";
import { Frame } from "./Frame";
import { WorkLinks } from "./WorkLinks";

/** Loaded for those who act for somebody: most never do. */
const ActingBar = lazy(() => import("./ActingBar"));

/** What surrounds every page that citizens see. */
export function CitizenShell({ children }: { children?: ReactNode }) {
  const t = useWords();
  const { data: portal } = useSuspenseQuery(portalQuery);
  const { data: session } = useSuspenseQuery(sessionQuery);
  return (
    <Frame
      subtitle={portal.association.name}
      links={
        <>
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
          <WorkLinks session={session} />
        </>
      }
      below={
        session.acting && (
          <Suspense>
            <ActingBar acting={session.acting} />
          </Suspense>
        )
      }
    >
      {children ?? <Outlet />}
    </Frame>
  );
}
