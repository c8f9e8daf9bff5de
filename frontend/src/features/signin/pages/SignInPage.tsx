import { useSuspenseQuery } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { useEffect } from "react";
import { useWords } from "../../../i18n";
import { hasSignInPage, homeNames, isElsewhere, otherHomes } from "../../../api/homes";
import { reaches } from "../../../api/identity";
import { portalQuery } from "../../../api/portal";
import { sessionQuery, signInAddress } from "../../../api/session";
import { Alert } from "../../../ui/Alert";
import { AnchorButton, LinkButton } from "../../../ui/Button";
import { Loading } from "../../../ui/Loading";
import { Page } from "../../../ui/Page";
import { PageHeading } from "../../../ui/PageHeading";
import { AccountLinks } from "../parts/AccountLinks";
import { HomeChoice } from "../parts/HomeChoice";
import { IdentityProviders } from "../parts/IdentityProviders";
import { RequestSteps } from "../parts/RequestSteps";
import { SignInForm } from "../parts/SignInForm";
import { StepUp } from "../parts/StepUp";

const route = getRouteApi("/citizen/anmelden");

/** Signing in: at an account home with a password, elsewhere the way to one; or what a linked portal asks for. */
export default function SignInPage() {
  const { request, error } = route.useSearch();
  return (
    <Page narrow>
      {request === undefined ? (
        <OwnSignIn />
      ) : (
        <RequestSteps requestId={request} before={error !== undefined && <Failure error={error} />} />
      )}
    </Page>
  );
}

function OwnSignIn() {
  const t = useWords();
  const { returnTo = "/", error, level, home: tried } = route.useSearch();
  const { data: portal } = useSuspenseQuery(portalQuery);
  const { data: session } = useSuspenseQuery(sessionQuery);
  if (
    session.signedIn &&
    portal.isAccountHome &&
    !isElsewhere(portal, session) &&
    level !== undefined &&
    !reaches(session.trustLevel, level)
  ) {
    return (
      <StepUp level={level} failure={error !== undefined && <Failure error={error} />} returnTo={returnTo} />
    );
  }
  if (session.signedIn && error === undefined) return <GoTo address={returnTo} />;
  if (session.signedIn) {
    return (
      <>
        <PageHeading title={t("signin:error.title")} />
        <p role="alert">
          {t(`signin:error.${errorWord(error ?? "failed")}`, { home: homeNames(portal, session) })}
        </p>
        <div>
          <LinkButton to={returnTo}>{t("common:back")}</LinkButton>
        </div>
      </>
    );
  }
  return (
    <>
      <PageHeading title={t("signin:title")} />
      {error !== undefined && <Failure error={error} />}
      {portal.isAccountHome ? (
        <>
          <SignInForm onSignedIn={() => undefined} />
          <IdentityProviders level={level} returnTo={returnTo} />
          <AccountLinks />
          {otherHomes(portal, session).length > 0 && (
            <section className="pv-stack pv-stack--small" aria-labelledby="other-homes">
              <h2 id="other-homes">{t("signin:homes.other")}</h2>
              <p>{t("signin:homes.otherText")}</p>
              <HomeChoice
                addressOf={(home) => signInAddress(returnTo, { home: home.id, level })}
                away={error === "unavailable" ? tried : undefined}
              />
            </section>
          )}
        </>
      ) : (
        <Elsewhere />
      )}
    </>
  );
}

/** The way to the account home, or to one of several. */
function Elsewhere() {
  const t = useWords();
  const { returnTo = "/", error, level, home: tried } = route.useSearch();
  const { data: portal } = useSuspenseQuery(portalQuery);
  if (portal.accountHomes.length === 0) {
    return (
      <Alert kind="warning" title={t("signin:homes.none")}>
        <p>{t("signin:homes.noneText")}</p>
      </Alert>
    );
  }
  if (hasSignInPage(portal)) {
    return (
      <div className="pv-stack pv-stack--medium">
        <p>{t("signin:homes.text")}</p>
        <HomeChoice
          main
          addressOf={(home) => signInAddress(returnTo, { home: home.id, level })}
          away={error === "unavailable" ? tried : undefined}
        />
        <p className="pv-small pv-muted">{t("signin:elsewhereNote")}</p>
        <p>
          {t("signin:noAccount")} {t("signin:homes.noAccount")}
        </p>
      </div>
    );
  }
  return (
    <div className="pv-stack pv-stack--medium">
      <p>{t("signin:elsewhere", { home: portal.accountHome.name })}</p>
      <div className="pv-actions">
        <AnchorButton href={signInAddress(returnTo, { level })} icon="arrow-forward">
          {t("signin:goTo", { home: portal.accountHome.name })}
        </AnchorButton>
      </div>
      <p className="pv-small pv-muted">{t("signin:elsewhereNote")}</p>
    </div>
  );
}

/** Why a sign-in did not come through. */
function Failure({ error }: { error: string }) {
  const t = useWords();
  const { data: portal } = useSuspenseQuery(portalQuery);
  const { data: session } = useSuspenseQuery(sessionQuery);
  const { home: tried } = route.useSearch();
  const home = portal.accountHomes.find(({ id }) => id === tried)?.name ?? homeNames(portal, session);
  const other = error === "unavailable" && !session.signedIn && portal.accountHomes.length > 1;
  return (
    <Alert kind="danger" title={t(session.signedIn ? "signin:error.proofTitle" : "signin:error.title")} live>
      <p>{t(`signin:error.${errorWord(error)}`, { home })}</p>
      {other && <p>{t("signin:homes.orAnother")}</p>}
    </Alert>
  );
}

const errorWords = [
  "access_denied",
  "unavailable",
  "no_home",
  "expired",
  "level",
  "other_identity",
  "second_factor",
  "identity_down",
  "identity_failed",
] as const;

function errorWord(error: string): (typeof errorWords)[number] | "failed" {
  return errorWords.find((known) => known === error) ?? "failed";
}

/** Leads on to an address of this portal. */
function GoTo({ address }: { address: string }) {
  const navigate = useNavigate();
  useEffect(() => {
    void navigate({ href: address, replace: true });
  }, [navigate, address]);
  return <Loading />;
}
