import { useSuspenseQuery } from "@tanstack/react-query";
import { Link, Outlet } from "@tanstack/react-router";
import { useWords } from "../../i18n";
import { sessionQuery } from "../../api/session";
import { Frame } from "./Frame";
import { WorkLinks } from "./WorkLinks";

/** What surrounds the pages of those who work here. */
export function DeskShell() {
  const t = useWords();
  const { data: session } = useSuspenseQuery(sessionQuery);
  return (
    <Frame
      subtitle={t("cases:desk")}
      links={
        <>
          <WorkLinks session={session} />
          <li>
            <Link to="/">{t("nav.services")}</Link>
          </li>
        </>
      }
    >
      <Outlet />
    </Frame>
  );
}
