import { useQuery, useSuspenseQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import type { Power } from "../../../api/acting";
import { sessionQuery } from "../../../api/session";
import { useWords } from "../../../i18n";
import { useInvitationToken } from "../../../lib/invitation";
import { writeSession } from "../../../lib/storage";
import { Alert } from "../../../ui/Alert";
import { Button, LinkButton } from "../../../ui/Button";
import { ErrorState } from "../../../ui/ErrorState";
import { Loading } from "../../../ui/Loading";
import { Page } from "../../../ui/Page";
import { PageHeading } from "../../../ui/PageHeading";
import { useAction } from "../../../ui/useAction";
import { hasStatus } from "../../../api/problem";
import { PowerFacts } from "../parts/PowerFacts";
import { acceptPower, declinePower, invitationQuery } from "../powers";

const kept = "power-invitation";

/** The link of an invitation leads here: what somebody asks for, and the answer. */
export default function AcceptPowerPage() {
  const t = useWords();
  const token = useInvitationToken(kept);
  const { data: session } = useSuspenseQuery(sessionQuery);
  return (
    <Page narrow>
      <PageHeading title={t("powers:accept.title")} />
      {token === undefined ? (
        <Gone />
      ) : session.signedIn ? (
        <Invitation token={token} />
      ) : (
        <>
          <p>{t("powers:accept.signIn")}</p>
          <div className="pv-actions">
            <LinkButton to="/anmelden" search={{ returnTo: "/vollmachten/annehmen" }}>
              {t("common:session.signIn")}
            </LinkButton>
          </div>
        </>
      )}
    </Page>
  );
}

function Gone() {
  const t = useWords();
  return (
    <Alert kind="warning" title={t("powers:accept.gone")} live>
      <p>{t("powers:accept.goneText")}</p>
    </Alert>
  );
}

function Invitation({ token }: { token: string }) {
  const t = useWords();
  const invitation = useQuery(invitationQuery(token));
  const [done, setDone] = useState<"accepted" | "declined">();
  if (invitation.isPending) return <Loading />;
  if (invitation.isError) {
    return hasStatus(invitation.error, 410) ? (
      <Gone />
    ) : (
      <ErrorState error={invitation.error} onRetry={() => void invitation.refetch()} />
    );
  }
  const power = invitation.data;
  if (done !== undefined) {
    return (
      <Alert kind="success" title={t(`powers:accept.${done}`)} live>
        <p>{t(`powers:accept.${done}Text`, { name: power.principal })}</p>
        <p>
          <Link to="/vollmachten">{t("powers:page.back")}</Link>
        </p>
      </Alert>
    );
  }
  return <Answer token={token} power={power} onDone={setDone} />;
}

function Answer({
  token,
  power,
  onDone,
}: {
  token: string;
  power: Power;
  onDone: (done: "accepted" | "declined") => void;
}) {
  const t = useWords();
  const accept = useAction(async () => {
    await acceptPower(token);
    writeSession(kept, null);
    onDone("accepted");
  });
  const decline = useAction(async () => {
    await declinePower(token);
    writeSession(kept, null);
    onDone("declined");
  });
  const helps = power.kind === "help";
  const error = accept.error ?? decline.error;
  return (
    <section className="pv-stack pv-stack--medium" aria-labelledby="invitation">
      <h2 id="invitation">
        {t(helps ? "powers:accept.fromHelp" : "powers:accept.from", { name: power.principal })}
      </h2>
      <PowerFacts power={power} />
      <p>{t("powers:accept.duty", { name: power.principal })}</p>
      {error !== undefined && <ErrorState error={error} />}
      <div className="pv-actions">
        <Button busy={accept.busy} onClick={accept.run}>
          {t("powers:accept.accept")}
        </Button>
        <Button variant="secondary" busy={decline.busy} onClick={decline.run}>
          {t("powers:accept.decline")}
        </Button>
      </div>
    </section>
  );
}
