import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { currentLanguage, useWords } from "../../../i18n";
import { formatDateTime, formatDay } from "../../../lib/dates";
import { itemSum } from "../../../lib/feeItems";
import { formatMoney } from "../../../lib/money";
import { isOwed, paymentBadge } from "../../../lib/payments";
import { Badge } from "../../../ui/Badge";
import { Button, LinkButton } from "../../../ui/Button";
import { ErrorState } from "../../../ui/ErrorState";
import { Facts } from "../../../ui/Facts";
import { useStatus } from "../../../ui/Status";
import { caseFeesQuery, caseQuery, setNoFee, type Case, type FeeToSet } from "../api";
import { CashDialog } from "./CashDialog";
import { ReduceDialog } from "./ReduceDialog";
import { WordsDialog } from "./WordsDialog";

/** What was asked for a case, and whether it is paid, and what is still to be set; nothing where nothing costs anything. */
export function Fees({ item }: { item: Case }) {
  const t = useWords();
  const fees = useQuery(caseFeesQuery(item.id));
  const language = currentLanguage();
  const [reducing, setReducing] = useState<string>();
  const [cash, setCash] = useState<string>();
  if (fees.isError) return <ErrorState error={fees.error} onRetry={() => void fees.refetch()} />;
  if (fees.data === undefined) return null;
  const { items: payments, toSet } = fees.data;
  if (payments.length === 0 && toSet === undefined) return null;
  return (
    <section className="pv-stack pv-stack--small">
      <h2>{t("cases:fees.title")}</h2>
      {toSet !== undefined && <ToSet caseId={item.id} fee={toSet} />}
      <Facts
        narrow
        items={payments.map((payment) => ({
          id: payment.id,
          label: payment.purpose,
          value: (
            <>
              <span className="pv-nowrap">
                {formatMoney(payment.amount.amount, payment.amount.currency, language)}
              </span>{" "}
              <Badge kind={paymentBadge(payment.state)}>{t(`payments:state.${payment.state}`)}</Badge>
              <br />
              <span className="pv-small pv-muted">
                {payment.paidAt === undefined
                  ? t("cases:fees.due", { day: formatDay(payment.dueAt, language) })
                  : t("cases:fees.paid", { when: formatDateTime(payment.paidAt, language) })}
                {" · "}
                {t("cases:fees.reference", { reference: payment.reference })}
              </span>
              {payment.received !== undefined && (
                <span className="pv-small">
                  <br />
                  {t("cases:fees.received", { amount: money(payment.received.amount) })}
                </span>
              )}
              {payment.paidAt !== undefined && (
                <>
                  <br />
                  <a className="pv-small" href={`/api/v1/cases/${item.id}/payments/${payment.id}/receipt`}>
                    {t("cases:cash.receipt")}
                  </a>
                </>
              )}
              {payment.items?.map((part) => (
                <span key={`${part.label} ${part.gross}`} className="pv-small">
                  <br />
                  {part.label}:{" "}
                  {itemSum(part, language, (rate, gross) => t("cases:setFee.withTax", { rate, gross }))}
                </span>
              ))}
              {payment.reason !== undefined && (
                <>
                  <br />
                  <span className="pv-small">{t("cases:setFee.reason", { reason: payment.reason })}</span>
                </>
              )}
              {payment.reduction !== undefined && (
                <>
                  <br />
                  <span className="pv-small">
                    {t(
                      payment.reduction.to.amount === 0 ? "cases:fees.waivedFrom" : "cases:fees.reducedFrom",
                      {
                        from: formatMoney(
                          payment.reduction.from.amount,
                          payment.reduction.from.currency,
                          language,
                        ),
                        reason: payment.reduction.reason,
                      },
                    )}
                  </span>
                </>
              )}
            </>
          ),
        }))}
      />
      {payments
        .filter((payment) => isOwed(payment.state))
        .map((payment) => (
          <div key={payment.id} className="pv-actions">
            <Button variant="tertiary" small onClick={() => setReducing(payment.id)}>
              {t("cases:fees.open")}
            </Button>
            <Button variant="tertiary" small onClick={() => setCash(payment.id)}>
              {t("cases:cash.open")}
            </Button>
            {cash === payment.id && (
              <CashDialog caseId={item.id} payment={payment} onClose={() => setCash(undefined)} />
            )}
            {reducing === payment.id && (
              <ReduceDialog caseId={item.id} payment={payment} onClose={() => setReducing(undefined)} />
            )}
          </div>
        ))}
    </section>
  );
}

const money = (cents: number) => formatMoney(cents, "EUR", currentLanguage());

/** A fee that the clerk has still to set. */
function ToSet({ caseId, fee }: { caseId: string; fee: FeeToSet }) {
  const t = useWords();
  const status = useStatus();
  const queryClient = useQueryClient();
  const [none, setNone] = useState(false);
  return (
    <div className="pv-stack pv-stack--small">
      <p>
        {t("cases:setFee.open", {
          purpose: fee.purpose,
          from: money(fee.range.from.amount),
          to: money(fee.range.to.amount),
        })}
      </p>
      <div className="pv-actions">
        <LinkButton variant="secondary" small to="/mitarbeit/vorgaenge/$caseId/gebuehr" params={{ caseId }}>
          {t("cases:setFee.send")}
        </LinkButton>
        <Button variant="tertiary" small onClick={() => setNone(true)}>
          {t("cases:noFee.open")}
        </Button>
      </div>
      {none && (
        <WordsDialog
          field="reason"
          longest={300}
          title={t("cases:noFee.title")}
          text={t("cases:noFee.text")}
          label={t("cases:fees.reason")}
          hint={t("cases:noFee.hint")}
          missing={t("cases:fees.reasonMissing")}
          final={t("cases:noFee.final")}
          button={t("cases:noFee.send")}
          onClose={() => setNone(false)}
          onSend={async (reason, key) => {
            await setNoFee(caseId, key, reason);
            status(t("cases:noFee.done"));
            await queryClient.invalidateQueries({ queryKey: caseFeesQuery(caseId).queryKey });
            await queryClient.invalidateQueries({ queryKey: caseQuery(caseId).queryKey });
            setNone(false);
          }}
        />
      )}
    </div>
  );
}
