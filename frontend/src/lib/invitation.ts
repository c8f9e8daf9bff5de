import { useEffect, useState } from "react";
import { readSession, writeSession } from "./storage";

/**
 * The token of an invitation's link. It is taken out of the address, and kept for this tab, under `kept`, while the person signs
 * in: it goes through no address of the sign-in.
 */
export function useInvitationToken(kept: string): string | undefined {
  const [token] = useState(
    () => new URLSearchParams(window.location.hash.slice(1)).get("token") ?? readSession(kept) ?? undefined,
  );
  useEffect(() => {
    if (token === undefined) return;
    writeSession(kept, token);
    if (window.location.hash !== "") {
      window.history.replaceState(window.history.state, "", window.location.pathname);
    }
  }, [kept, token]);
  return token;
}
