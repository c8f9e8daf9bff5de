import { useSuspenseQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { otherHomes, type AccountHome } from "../../../api/homes";
import { portalQuery } from "../../../api/portal";
import { sessionQuery } from "../../../api/session";
import { useWords } from "../../../i18n";
import { AnchorButton } from "../../../ui/Button";

/** The other portals that keep accounts, each with a way there; the one used last first, and as the main way where there is no other. */
export function HomeChoice({
  addressOf,
  main = false,
  away,
}: {
  addressOf: (home: AccountHome) => string;
  /** Whether this is the page's main way on. */
  main?: boolean;
  /** The id of one that could not be reached just now. */
  away?: string | undefined;
}) {
  const t = useWords();
  const { data: portal } = useSuspenseQuery(portalQuery);
  const { data: session } = useSuspenseQuery(sessionQuery);
  const noteOf = (home: AccountHome): ReactNode => {
    if (home.id === away) return t("signin:homes.away");
    return home.id === session.lastAccountHome ? t("signin:homes.last") : undefined;
  };
  return (
    <ul className="pv-bare pv-stack pv-stack--medium">
      {otherHomes(portal, session).map((home) => {
        const note = noteOf(home);
        const noteId = `home-note-${home.id}`;
        return (
          <li key={home.id} className="pv-stack pv-stack--small">
            <div className="pv-actions">
              <AnchorButton
                variant={main && home.id === session.lastAccountHome ? "primary" : "secondary"}
                icon="arrow-forward"
                href={addressOf(home)}
                aria-describedby={note === undefined ? undefined : noteId}
              >
                {t("signin:goTo", { home: home.name })}
              </AnchorButton>
            </div>
            {note !== undefined && (
              <p id={noteId} className="pv-small pv-muted">
                {note}
              </p>
            )}
          </li>
        );
      })}
    </ul>
  );
}
