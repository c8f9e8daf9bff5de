import { useSuspenseQuery } from "@tanstack/react-query";
import { Outlet } from "@tanstack/react-router";
import { hasRole, sessionQuery } from "../../api/session";
import { Forbidden } from "./Forbidden";
import { ToStaffSignIn } from "./ToStaffSignIn";

/** Shows the pages below only to those who keep the fees of the portal. */
export function RequireTreasurer() {
  const { data: session } = useSuspenseQuery(sessionQuery);
  if (!session.signedIn) return <ToStaffSignIn />;
  return hasRole(session, "treasurer") ? <Outlet /> : <Forbidden />;
}
