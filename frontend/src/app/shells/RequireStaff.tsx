import { useSuspenseQuery } from "@tanstack/react-query";
import { Navigate, Outlet, useLocation } from "@tanstack/react-router";
import { hasRole, isEditor, sessionQuery } from "../../api/session";
import { Forbidden } from "./Forbidden";

/** Shows the pages below only to clerks; those who only write the catalog are led to their own desk. */
export function RequireStaff() {
  const { data: session } = useSuspenseQuery(sessionQuery);
  const returnTo = useLocation({ select: (location) => location.href });
  if (!session.signedIn) return <Navigate to="/mitarbeit/anmelden" search={{ returnTo }} replace />;
  if (hasRole(session, "clerk")) return <Outlet />;
  return isEditor(session) ? <Navigate to="/redaktion" replace /> : <Forbidden />;
}
