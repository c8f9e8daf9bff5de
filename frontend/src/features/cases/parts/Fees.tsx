import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { currentLanguage, useWords } from "../../../i18n";
import { formatDateTime, formatDay } from "../../../lib/dates";
import { formatMoney } from "../../../lib/money";
import { isOwed, paymentBadge } from "../../../lib/payments";
import { Badge } from "../../../ui/Badge";
import { Button } from "../../../ui/Button";
import { ErrorState } from "../../../ui/ErrorState";
import { Facts } from "../../../ui/Facts";
import { casePaymentsQuery, type Case } from "../api";
import { ReduceDialog } from "./ReduceDialog";

/** What was asked for a case, and whether it is paid; nothing where nothing was asked. */
export function Fees({ item }: { item: Case }) {
  const t = useWords();
  const payments = useQuery(casePaymentsQuery(item.id));
  const language = currentLanguage();
  const [reducing, setReducing] = useState<string>();
  if (payments.isError) return <ErrorState error={payments.error} onRetry={() => void payments.refetch()} />;
  if (payments.data === undefined || payments.data.length === 0) return null;
  return (
    <section className="pv-stack pv-stack--small">
      <h2>{t("cases:fees.title")}</h2>
      <Facts
        narrow
        items={payments.data.map((payment) => ({
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
      {payments.data
        .filter((payment) => isOwed(payment.state))
        .map((payment) => (
          <div key={payment.id}>
            <Button variant="tertiary" small onClick={() => setReducing(payment.id)}>
              {t("cases:fees.open")}
            </Button>
            {reducing === payment.id && (
              <ReduceDialog caseId={item.id} payment={payment} onClose={() => setReducing(undefined)} />
            )}
          </div>
        ))}
    </section>
  );
}
