import { useSuspenseQuery } from "@tanstack/react-query";
import { Navigate, Outlet } from "@tanstack/react-router";
import { hasRole, hasRoleSomewhere, isEditor, sessionQuery } from "../../api/session";
import { Forbidden } from "./Forbidden";
import { ToStaffSignIn } from "./ToStaffSignIn";

/** Shows the pages below only to clerks; those who only write the catalog are led to their own desk. */
export function RequireStaff() {
  const { data: session } = useSuspenseQuery(sessionQuery);
  if (!session.signedIn) return <ToStaffSignIn />;
  if (hasRoleSomewhere(session, "clerk")) return <Outlet />;
  if (hasRole(session, "treasurer")) return <Navigate to="/kasse" replace />;
  if (hasRoleSomewhere(session, "auditor")) return <Navigate to="/verwaltung/protokoll" replace />;
  return isEditor(session) ? <Navigate to="/redaktion" replace /> : <Forbidden />;
}
