import { useSuspenseQuery } from "@tanstack/react-query";
import { Link, Outlet } from "@tanstack/react-router";
import { isEditor, sessionQuery } from "../../api/session";
import { useWords } from "../../i18n";
import { Forbidden } from "./Forbidden";
import { Frame } from "./Frame";
import { ToStaffSignIn } from "./ToStaffSignIn";
import { WorkLinks } from "./WorkLinks";

/** What surrounds the pages of those who write the catalog; others are led to the sign-in, or told that they may not. */
export function EditorShell() {
  const t = useWords();
  const { data: session } = useSuspenseQuery(sessionQuery);
  if (!session.signedIn) return <ToStaffSignIn />;
  return (
    <Frame
      subtitle={t("editing:desk")}
      links={
        <>
          {isEditor(session) && <EditorLinks />}
          <WorkLinks session={session} without="editing" />
          <li>
            <Link to="/" activeOptions={{ exact: true }}>
              {t("editing:nav.portal")}
            </Link>
          </li>
        </>
      }
    >
      {isEditor(session) ? <Outlet /> : <Forbidden />}
    </Frame>
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
