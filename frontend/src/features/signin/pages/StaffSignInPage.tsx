import { useSuspenseQuery } from "@tanstack/react-query";
import { getRouteApi, Navigate, useNavigate } from "@tanstack/react-router";
import { useWords } from "../../../i18n";
import { directoriesQuery } from "../../../api/identity";
import { portalQuery } from "../../../api/portal";
import { isStaff, sessionQuery } from "../../../api/session";
import { Alert } from "../../../ui/Alert";
import { Page } from "../../../ui/Page";
import { PageHeading } from "../../../ui/PageHeading";
import { Directories } from "../parts/Directories";
import { SignInForm } from "../parts/SignInForm";

const route = getRouteApi("/desk/mitarbeit/anmelden");

/** Signing in for those who work at this portal's authorities: by the directory where there is one, or with a local account. */
export default function StaffSignInPage() {
  const t = useWords();
  const { data: portal } = useSuspenseQuery(portalQuery);
  const { data: session } = useSuspenseQuery(sessionQuery);
  const { data: directories } = useSuspenseQuery(directoriesQuery);
  const { returnTo = "/mitarbeit", error } = route.useSearch();
  const navigate = useNavigate();
  if (session.signedIn && isStaff(session)) return <Navigate to={returnTo} replace />;
  const form = <SignInForm onSignedIn={() => navigate({ to: returnTo, replace: true })} />;
  return (
    <Page narrow>
      <PageHeading title={t("signin:staff.title")} />
      {error !== undefined && (
        <Alert kind="danger" title={t("signin:error.title")} live>
          <p>{t(`signin:staff.error.${errorWord(error)}`)}</p>
        </Alert>
      )}
      <p>{t("signin:staff.text", { portal: portal.name })}</p>
      {directories.items.length === 0 || session.secondFactor !== undefined ? (
        form
      ) : (
        <>
          <Directories directories={directories.items} returnTo={returnTo} />
          <section className="pv-stack" aria-labelledby="local-account">
            <h2 id="local-account">{t("signin:staff.local")}</h2>
            <p>{t("signin:staff.localText")}</p>
            {form}
          </section>
        </>
      )}
    </Page>
  );
}

const errorWords = [
  "access_denied",
  "expired",
  "second_factor",
  "identity_down",
  "no_role",
  "access_ended",
] as const;

function errorWord(error: string): (typeof errorWords)[number] | "failed" {
  return errorWords.find((known) => known === error) ?? "failed";
}
