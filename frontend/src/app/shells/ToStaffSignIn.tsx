import { Navigate, useRouter } from "@tanstack/react-router";
import { useState } from "react";

/** Leads to the sign-in for those who work here, and back to this page after it. */
export function ToStaffSignIn() {
  const router = useRouter();
  // Once: the address changes while the way there is still going on.
  const [returnTo] = useState(() => router.state.location.href);
  return <Navigate to="/mitarbeit/anmelden" search={{ returnTo }} replace />;
}
