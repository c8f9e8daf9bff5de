import { useSuspenseQuery } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { useEffect } from "react";
import { useWords } from "../../../i18n";
import { portalQuery } from "../../../api/portal";
import { sessionQuery, signInAddress } from "../../../api/session";
import { Alert } from "../../../ui/Alert";
import { AnchorButton } from "../../../ui/Button";
import { Loading } from "../../../ui/Loading";
import { Page } from "../../../ui/Page";
import { PageHeading } from "../../../ui/PageHeading";
import { AccountLinks } from "../parts/AccountLinks";
import { RequestSteps } from "../parts/RequestSteps";
import { SignInForm } from "../parts/SignInForm";

const route = getRouteApi("/citizen/anmelden");

/** Signing in: at the account home with a password, elsewhere the way there; or what a linked portal asks for. */
export default function SignInPage() {
  const { request } = route.useSearch();
  return <Page narrow>{request === undefined ? <OwnSignIn /> : <RequestSteps requestId={request} />}</Page>;
}

function OwnSignIn() {
  const t = useWords();
  const { returnTo = "/", error } = route.useSearch();
  const { data: portal } = useSuspenseQuery(portalQuery);
  const { data: session } = useSuspenseQuery(sessionQuery);
  if (session.signedIn) return <GoTo address={returnTo} />;
  return (
    <>
      <PageHeading title={t("signin:title")} />
      {error !== undefined && (
        <Alert kind="danger" title={t("signin:error.title")} live>
          <p>{t(`signin:error.${errorWord(error)}`, { home: portal.accountHome.name })}</p>
        </Alert>
      )}
      {portal.isAccountHome ? (
        <>
          <SignInForm onSignedIn={() => undefined} />
          <AccountLinks />
        </>
      ) : (
        <div className="pv-stack pv-stack--medium">
          <p>{t("signin:elsewhere", { home: portal.accountHome.name })}</p>
          <div className="pv-actions">
            <AnchorButton href={signInAddress(returnTo)} icon="arrow-forward">
              {t("signin:goTo", { home: portal.accountHome.name })}
            </AnchorButton>
          </div>
          <p className="pv-small pv-muted">{t("signin:elsewhereNote")}</p>
        </div>
      )}
    </>
  );
}

function errorWord(error: string): "access_denied" | "unavailable" | "failed" {
  return error === "access_denied" || error === "unavailable" ? error : "failed";
}

/** Leads on to an address of this portal. */
function GoTo({ address }: { address: string }) {
  const navigate = useNavigate();
  useEffect(() => {
    void navigate({ href: address, replace: true });
  }, [navigate, address]);
  return <Loading />;
}
