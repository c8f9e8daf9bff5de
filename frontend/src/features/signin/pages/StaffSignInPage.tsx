import { useSuspenseQuery } from "@tanstack/react-query";
import { getRouteApi, Navigate, useNavigate } from "@tanstack/react-router";
import { useWords } from "../../../i18n";
import { portalQuery } from "../../../api/portal";
import { isStaff, sessionQuery } from "../../../api/session";
import { Page } from "../../../ui/Page";
import { PageHeading } from "../../../ui/PageHeading";
import { SignInForm } from "../parts/SignInForm";

const route = getRouteApi("/desk/mitarbeit/anmelden");

/** Signing in for those who work at this portal's authorities. */
export default function StaffSignInPage() {
  const t = useWords();
  const { data: portal } = useSuspenseQuery(portalQuery);
  const { data: session } = useSuspenseQuery(sessionQuery);
  const { returnTo = "/mitarbeit" } = route.useSearch();
  const navigate = useNavigate();
  if (session.signedIn && isStaff(session)) return <Navigate to={returnTo} replace />;
  return (
    <Page narrow>
      <PageHeading title={t("signin:staff.title")} />
      <p>{t("signin:staff.text", { portal: portal.name })}</p>
      <SignInForm onSignedIn={() => navigate({ to: returnTo, replace: true })} />
    </Page>
  );
}
