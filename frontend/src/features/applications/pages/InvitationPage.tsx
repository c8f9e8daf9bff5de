import { useQuery, useSuspenseQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { hasStatus } from "../../../api/problem";
import { sessionQuery } from "../../../api/session";
import { currentLanguage, useWords } from "../../../i18n";
import { formatDateTime } from "../../../lib/dates";
import { useInvitationToken } from "../../../lib/invitation";
import { writeSession } from "../../../lib/storage";
import { Alert } from "../../../ui/Alert";
import { Button, LinkButton } from "../../../ui/Button";
import { ErrorState } from "../../../ui/ErrorState";
import { Facts } from "../../../ui/Facts";
import { Loading } from "../../../ui/Loading";
import { Page } from "../../../ui/Page";
import { PageHeading } from "../../../ui/PageHeading";
import { useAction } from "../../../ui/useAction";
import { acceptInvitation, applicationInvitationQuery } from "../joint";

const kept = "application-invitation";

/** The link of an invitation to apply together leads here: who invites, what for, and the way to the application. */
export default function InvitationPage() {
  const t = useWords();
  const token = useInvitationToken(kept);
  const { data: session } = useSuspenseQuery(sessionQuery);
  return (
    <Page narrow>
      <PageHeading title={t("applications:joint.invitation.title")} />
      {token === undefined ? (
        <Gone signedIn={session.signedIn} />
      ) : session.signedIn ? (
        <Invitation token={token} />
      ) : (
        <>
          <p>{t("applications:joint.invitation.signIn")}</p>
          <div className="pv-actions">
            <LinkButton to="/anmelden" search={{ returnTo: "/antraege/einladung" }}>
              {t("common:session.signIn")}
            </LinkButton>
          </div>
        </>
      )}
    </Page>
  );
}

function Gone({ signedIn }: { signedIn: boolean }) {
  const t = useWords();
  return (
    <Alert kind="warning" title={t("applications:joint.invitation.gone")} live>
      <p>{t("applications:joint.invitation.goneText")}</p>
      {signedIn && (
        <p>
          <Link to="/antraege">{t("applications:list.title")}</Link>
        </p>
      )}
    </Alert>
  );
}

function Invitation({ token }: { token: string }) {
  const t = useWords();
  const language = currentLanguage();
  const navigate = useNavigate();
  const invitation = useQuery(applicationInvitationQuery(token));
  const accept = useAction(async () => {
    const { applicationId } = await acceptInvitation(token);
    writeSession(kept, null);
    await navigate({ to: "/antraege/$applicationId", params: { applicationId }, replace: true });
  });
  if (invitation.isPending) return <Loading />;
  if (hasStatus(invitation.error, 410) || hasStatus(accept.error, 410)) return <Gone signedIn />;
  if (invitation.isError) {
    return <ErrorState error={invitation.error} onRetry={() => void invitation.refetch()} />;
  }
  const { invitedBy: name, name: called, serviceTitle, authorityName, expiresAt } = invitation.data;
  return (
    <section className="pv-stack pv-stack--medium" aria-labelledby="invitation">
      <h2 id="invitation">
        {name === ""
          ? t("applications:joint.invitation.fromNobody")
          : t("applications:joint.invitation.from", { name })}
      </h2>
      <Facts
        items={[
          { id: "service", label: t("applications:joint.invitation.service"), value: serviceTitle },
          { id: "office", label: t("applications:apply.office"), value: authorityName },
          { id: "called", label: t("applications:joint.invitation.called"), value: called },
          {
            id: "until",
            label: t("applications:joint.invitation.until"),
            value: formatDateTime(expiresAt, language),
          },
        ]}
      />
      <p>
        {name === ""
          ? t("applications:joint.invitation.textNobody")
          : t("applications:joint.invitation.text", { name })}
      </p>
      <p>{t("applications:joint.invitation.unknown")}</p>
      {accept.error !== undefined && <ErrorState error={accept.error} />}
      <div className="pv-actions">
        <Button busy={accept.busy} onClick={accept.run}>
          {t("applications:joint.invitation.accept")}
        </Button>
      </div>
    </section>
  );
}
