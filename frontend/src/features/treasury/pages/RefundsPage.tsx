import { useSuspenseQuery } from "@tanstack/react-query";
import { currentLanguage, useWords } from "../../../i18n";
import { formatDateTime } from "../../../lib/dates";
import { Badge } from "../../../ui/Badge";
import { Button } from "../../../ui/Button";
import { EmptyState } from "../../../ui/EmptyState";
import { ErrorState } from "../../../ui/ErrorState";
import { Page } from "../../../ui/Page";
import { PageHeading } from "../../../ui/PageHeading";
import { useAction } from "../../../ui/useAction";
import { endRefund, refundsQuery, type Refund, type RefundAct } from "../api";
import { TreasuryNav } from "../parts/TreasuryNav";
import { useDone } from "../parts/useDone";
import { useMoney } from "../parts/useMoney";

/** Money that is to be given back, the oldest first. */
export default function RefundsPage() {
  const t = useWords();
  const { data: refunds } = useSuspenseQuery(refundsQuery);
  return (
    <Page>
      <PageHeading title={t("treasury:refunds.title")} />
      <TreasuryNav />
      <p>{t("treasury:refunds.text")}</p>
      {refunds.length === 0 ? (
        <EmptyState title={t("treasury:refunds.none")} />
      ) : (
        <ul className="pv-list">
          {refunds.map((refund) => (
            <RefundItem key={refund.id} refund={refund} />
          ))}
        </ul>
      )}
    </Page>
  );
}

function RefundItem({ refund }: { refund: Refund }) {
  const t = useWords();
  const money = useMoney();
  const done = useDone();
  const act = (what: RefundAct) => async (key: string) => {
    await endRefund(refund.id, what, key);
    await done(t(`treasury:refunds.done.${what}`));
  };
  const approve = useAction(act("approve"));
  const execute = useAction(act("execute"));
  const refuse = useAction(act("refuse"));
  const error = approve.error ?? execute.error ?? refuse.error;
  const name = <span className="pv-hidden"> {refund.reference}</span>;
  return (
    <li className="pv-stack pv-stack--small">
      <div className="pv-row pv-row--between pv-row--top">
        <h2 className="pv-card-title">
          {t(`treasury:refunds.kind.${refund.kind}`, { amount: money(refund.amount) })}
        </h2>
        <Badge kind={refund.needsApproval ? "warning" : "info"}>
          {t(
            refund.needsApproval
              ? "treasury:refunds.toApprove"
              : refund.state === "approved"
                ? "treasury:refunds.approved"
                : "treasury:refunds.toPay",
          )}
        </Badge>
      </div>
      <p className="pv-break">{refund.reason}</p>
      <p className="pv-small pv-muted pv-break">
        {refund.payee !== undefined
          ? t("treasury:refunds.payee", {
              payee: [refund.payee.name, refund.payee.iban].filter(Boolean).join(", "),
            })
          : t(refund.kind === "stray" ? "treasury:refunds.transaction" : "treasury:refunds.reference", {
              reference: refund.reference,
            })}
        {" · "}
        {t(`treasury:refunds.source.${refund.source}`)}
        {" · "}
        {t("treasury:refunds.askedAt", { when: formatDateTime(refund.askedAt, currentLanguage()) })}
      </p>
      {refund.needsApproval && refund.mine && <p>{t("treasury:refunds.mine")}</p>}
      {error !== undefined && <ErrorState error={error} />}
      <div className="pv-actions">
        {refund.needsApproval && !refund.mine && (
          <Button small busy={approve.busy} onClick={approve.run}>
            {t("treasury:refunds.approve")}
            {name}
          </Button>
        )}
        {!refund.needsApproval && (
          <Button small busy={execute.busy} onClick={execute.run}>
            {t("treasury:refunds.execute")}
            {name}
          </Button>
        )}
        {refund.kind === "fee" && (
          <Button variant="secondary" small busy={refuse.busy} onClick={refuse.run}>
            {t("treasury:refunds.refuse")}
            {name}
          </Button>
        )}
      </div>
    </li>
  );
}
