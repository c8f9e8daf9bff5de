import { useSuspenseQuery } from "@tanstack/react-query";
import { Outlet } from "@tanstack/react-router";
import { sessionQuery } from "../../api/session";
import { SignInNeeded } from "./SignInNeeded";

/** Shows the pages below only to a person who is signed in. */
export function RequireSession() {
  const { data: session } = useSuspenseQuery(sessionQuery);
  return session.signedIn ? <Outlet /> : <SignInNeeded />;
}
