import { useQueryClient, useSuspenseQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useState } from "react";
import type { Power } from "../../../api/acting";
import { sessionQuery } from "../../../api/session";
import { currentLanguage, useWords } from "../../../i18n";
import { formatDateTime } from "../../../lib/dates";
import { Alert } from "../../../ui/Alert";
import { Badge } from "../../../ui/Badge";
import { Button, LinkButton } from "../../../ui/Button";
import { Dialog } from "../../../ui/Dialog";
import { ErrorState } from "../../../ui/ErrorState";
import { useStatus } from "../../../ui/Status";
import { useAction } from "../../../ui/useAction";
import { AccountFrame } from "../parts/AccountFrame";
import { PowerFacts } from "../parts/PowerFacts";
import { ProofCancelled, useProof } from "../parts/useProof";
import { confirmPower, endPower, lasts, powerQuery, powersQuery, stateKinds } from "../powers";

const route = getRouteApi("/citizen/personal/vollmachten/$powerId");

/** A power of attorney, to read, print, confirm and withdraw. */
export default function PowerPage() {
  const { powerId } = route.useParams();
  const t = useWords();
  const { data: power } = useSuspenseQuery(powerQuery(powerId));
  const title =
    power.side === "granted"
      ? t("powers:page.titleGranted", { name: power.representative })
      : t("powers:page.titleReceived", { name: power.principal });
  const names = { principal: power.principal, representative: power.representative };
  return (
    <AccountFrame title={title}>
      <div role="status">
        <Badge kind={stateKinds[power.state]}>{t(`powers:state.${power.state}`)}</Badge>
      </div>
      <p>{t(power.kind === "help" ? "powers:page.statementHelp" : "powers:page.statement", names)}</p>
      <Next power={power} />
      <PowerFacts power={power} />
      {power.kind === "represent" && <p className="pv-small">{t("powers:page.who", names)}</p>}
      <Uses power={power} />
      <Actions power={power} />
    </AccountFrame>
  );
}

/** What is to be done before it is in force. */
function Next({ power }: { power: Power }) {
  const t = useWords();
  if (power.state === "accepted" && power.side === "granted") return <Confirm power={power} />;
  if (power.state === "accepted") return <p>{t("powers:page.acceptedText", { name: power.principal })}</p>;
  if (power.state === "invited") return <p>{t("powers:page.invitedText")}</p>;
  return null;
}

function Confirm({ power }: { power: Power }) {
  const t = useWords();
  const queryClient = useQueryClient();
  const status = useStatus();
  const { data: session } = useSuspenseQuery(sessionQuery);
  const { proved, dialog } = useProof();
  const confirm = useAction(async () => {
    try {
      await proved(() => confirmPower(power.id));
    } catch (error) {
      if (error instanceof ProofCancelled) return;
      throw error;
    }
    await queryClient.invalidateQueries({ queryKey: powersQuery.queryKey });
    status(t("powers:page.confirmedDone"));
  });
  return (
    <Alert kind="warning" title={t("powers:page.confirmTitle")}>
      <p>
        {t("powers:page.confirmText", {
          name: power.representative,
          level: t(`common:level.${power.representativeLevel ?? "low"}`),
        })}
      </p>
      <p>{t("powers:page.confirmLevel", { level: t(`common:level.${session.trustLevel ?? "low"}`) })}</p>
      {confirm.error !== undefined && <ErrorState error={confirm.error} />}
      <div>
        <Button busy={confirm.busy} onClick={confirm.run}>
          {t("powers:page.confirm")}
        </Button>
      </div>
      {dialog}
    </Alert>
  );
}

function Uses({ power }: { power: Power }) {
  const t = useWords();
  const uses = power.uses ?? [];
  if (power.confirmedAt === undefined) return null;
  return (
    <section className="pv-stack pv-stack--small" aria-labelledby="uses">
      <h2 id="uses">{t("powers:page.uses")}</h2>
      {uses.length === 0 ? (
        <p>{t("powers:page.usesNone")}</p>
      ) : (
        <ul className="pv-list">
          {uses.map((use) => (
            <li key={`${use.at} ${use.act}`}>
              {formatDateTime(use.at, currentLanguage())} · {t(`powers:page.useAct.${use.act}`)} ·{" "}
              {use.service}, {use.portal}
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

function Actions({ power }: { power: Power }) {
  const t = useWords();
  const queryClient = useQueryClient();
  const status = useStatus();
  const [asked, setAsked] = useState(false);
  const end = useAction(async () => {
    await endPower(power.id);
    setAsked(false);
    await queryClient.invalidateQueries({ queryKey: powersQuery.queryKey });
    await queryClient.invalidateQueries({ queryKey: sessionQuery.queryKey });
    status(t("powers:page.withdrawnDone"));
  });
  const label = t(power.side === "granted" ? "powers:page.withdraw" : "powers:page.giveBack");
  return (
    <>
      <div className="pv-actions pv-no-print">
        {power.side === "received" && power.state === "active" && (
          <LinkButton to="/handeln-fuer">{t("powers:act", { name: power.principal })}</LinkButton>
        )}
        {lasts(power) && (
          <Button variant="secondary" onClick={() => setAsked(true)}>
            {label}
          </Button>
        )}
        <Button variant="secondary" icon="print" onClick={() => window.print()}>
          {t("common:print")}
        </Button>
      </div>
      <p className="pv-no-print">
        <Link to="/vollmachten">{t("powers:page.back")}</Link>
      </p>
      {asked && (
        <Dialog
          open
          title={t("powers:page.withdrawTitle")}
          onClose={() => setAsked(false)}
          actions={
            <>
              <Button variant="secondary" onClick={() => setAsked(false)}>
                {t("common:cancel")}
              </Button>
              <Button busy={end.busy} onClick={end.run}>
                {t("powers:page.withdrawYes")}
              </Button>
            </>
          }
        >
          <p>{t("powers:page.withdrawText")}</p>
          {end.error !== undefined && <ErrorState error={end.error} />}
        </Dialog>
      )}
    </>
  );
}
