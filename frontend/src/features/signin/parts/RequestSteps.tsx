import { useQueryClient, useSuspenseQuery } from "@tanstack/react-query";
import { useEffect, type ReactNode } from "react";
import { type Say, useWords } from "../../../i18n";
import type { Schemas } from "../../../api/client";
import { sessionQuery } from "../../../api/session";
import { expectHeading } from "../../../lib/focus";
import { Button } from "../../../ui/Button";
import { ErrorState } from "../../../ui/ErrorState";
import { Loading } from "../../../ui/Loading";
import { PageHeading } from "../../../ui/PageHeading";
import { useAction } from "../../../ui/useAction";
import { approveRequest, denyRequest, requestQuery } from "../api";
import { AccountLinks } from "./AccountLinks";
import { IdentityProviders } from "./IdentityProviders";
import { SignInForm } from "./SignInForm";
import { StepUp } from "./StepUp";

/** At the account home: a linked portal sent the person here. Sign in, consent, and go back. */
export function RequestSteps({ requestId, before }: { requestId: string; before?: ReactNode }) {
  const t = useWords();
  const queryClient = useQueryClient();
  const { data: request } = useSuspenseQuery(requestQuery(requestId));
  if (request.step === "signIn") {
    return (
      <>
        <PageHeading key="signIn" title={t("signin:request.signInTitle", { client: request.clientName })} />
        {before}
        <p>{t("signin:request.signInText", { client: request.clientName })}</p>
        <SignInForm
          onSignedIn={async () => {
            expectHeading();
            await queryClient.invalidateQueries({ queryKey: requestQuery(requestId).queryKey });
          }}
        />
        <IdentityProviders level={request.neededLevel} requestId={requestId} />
        <AccountLinks requestId={requestId} />
      </>
    );
  }
  if (request.step === "stepUp") {
    return (
      <>
        <StepUp
          level={request.neededLevel ?? "substantial"}
          failure={before}
          client={request.clientName}
          requestId={requestId}
        />
        <Refuse request={request} />
      </>
    );
  }
  if (request.step === "consent") return <Consent request={request} />;
  return <GoOn request={request} />;
}

/** Back to who asked, without proving anything. */
function Refuse({ request }: { request: Schemas["SignInRequest"] }) {
  const t = useWords();
  const deny = useAction(async () => leaveTo(await denyRequest(request.id)));
  return (
    <>
      {deny.error !== undefined && <ErrorState error={deny.error} />}
      <div>
        <Button variant="tertiary" busy={deny.busy} onClick={deny.run}>
          {t("signin:stepUp.back", { client: request.clientName })}
        </Button>
      </div>
    </>
  );
}

function Consent({ request }: { request: Schemas["SignInRequest"] }) {
  const t = useWords();
  const { data: session } = useSuspenseQuery(sessionQuery);
  const approve = useAction(async () => leaveTo(await approveRequest(request.id)));
  const deny = useAction(async () => leaveTo(await denyRequest(request.id)));
  const error = approve.error ?? deny.error;
  return (
    <>
      <PageHeading key="consent" title={t("signin:request.consentTitle", { client: request.clientName })} />
      {session.displayName !== undefined && (
        <p className="pv-muted">{t("common:session.signedInAs", { name: session.displayName })}</p>
      )}
      {request.purpose !== undefined && (
        <p>
          {t("signin:request.purpose")} <span className="pv-strong">{request.purpose}</span>
        </p>
      )}
      {request.items && request.items.length > 0 && (
        <section className="pv-stack pv-stack--small">
          <h2>{t("signin:request.items")}</h2>
          <ul className="pv-bullets">
            {request.items.map((item) => (
              <li key={item}>{t(`common:profileItem.${item}`)}</li>
            ))}
          </ul>
        </section>
      )}
      {request.scopes && request.scopes.length > 0 && (
        <section className="pv-stack pv-stack--small">
          <h2>{t("signin:request.scopes")}</h2>
          <ul className="pv-bullets">
            {request.scopes.map((scope) => (
              <li key={scope}>{scopeWords(scope, t)}</li>
            ))}
          </ul>
        </section>
      )}
      {request.privacyUrl !== undefined && (
        <p>
          <a href={request.privacyUrl} target="_blank" rel="noreferrer">
            {t("signin:request.privacy", { client: request.clientName })}
          </a>
        </p>
      )}
      <p className="pv-small pv-muted">{t("signin:request.consentNote")}</p>
      {error !== undefined && <ErrorState error={error} />}
      <div className="pv-actions">
        <Button busy={approve.busy} onClick={approve.run}>
          {t("signin:request.approve")}
        </Button>
        <Button variant="secondary" busy={deny.busy} onClick={deny.run}>
          {t("signin:request.deny")}
        </Button>
      </div>
    </>
  );
}

const knownScopes = [
  "offline_access",
  "person:read",
  "mailbox:read",
  "mailbox:write",
  "applications:read",
  "applications:write",
] as const;

function scopeWords(scope: string, t: Say): string {
  const known = knownScopes.find((candidate) => candidate === scope);
  if (known === undefined) return scope;
  return t(`signin:scope.${known.replace(":", "_") as "person_read"}`);
}

/** Nothing to ask: goes on at once, and offers the button in case the browser does not. */
function GoOn({ request }: { request: Schemas["SignInRequest"] }) {
  const t = useWords();
  const approve = useAction(async () => {
    leaveTo(request.redirectTo === undefined ? await approveRequest(request.id) : request);
  });
  const { run } = approve;
  useEffect(() => {
    run();
    // Once, when the page appears.
    // oxlint-disable-next-line react/exhaustive-deps
  }, []);
  return (
    <>
      <PageHeading key="continue" title={t("signin:request.continueTitle", { client: request.clientName })} />
      {approve.error === undefined ? <Loading /> : <ErrorState error={approve.error} onRetry={run} />}
    </>
  );
}

function leaveTo({ redirectTo }: { redirectTo?: string | undefined }): void {
  window.location.assign(redirectTo ?? "/");
}
