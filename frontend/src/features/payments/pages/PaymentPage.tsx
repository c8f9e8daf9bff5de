import { useQueryClient, useSuspenseQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useEffect, useRef } from "react";
import { useLive } from "../../../api/live";
import { currentLanguage, useWords } from "../../../i18n";
import { formatDate, formatDateTime } from "../../../lib/dates";
import { leaveFor } from "../../../lib/leave";
import { itemSum } from "../../../lib/feeItems";
import { formatMoney } from "../../../lib/money";
import { Alert } from "../../../ui/Alert";
import { Badge } from "../../../ui/Badge";
import { Breadcrumb } from "../../../ui/Breadcrumb";
import { AnchorButton, Button } from "../../../ui/Button";
import { ErrorState } from "../../../ui/ErrorState";
import { Facts } from "../../../ui/Facts";
import { Page } from "../../../ui/Page";
import { PageHeading } from "../../../ui/PageHeading";
import { QrCode } from "../../../ui/QrCode";
import { useAction } from "../../../ui/useAction";
import { checkPayment, paymentQuery, startPayment, type Payment } from "../api";
import { isOwed, paymentBadge } from "../../../lib/payments";

const route = getRouteApi("/citizen/personal/zahlungen/$paymentId");

/** One payment: what it is for, the way to the payment service, and, after coming back, what became of it. */
export default function PaymentPage() {
  const t = useWords();
  const language = currentLanguage();
  const { paymentId } = route.useParams();
  const queryClient = useQueryClient();
  const { data: payment } = useSuspenseQuery(paymentQuery(paymentId));
  useLive(`/api/v1/payments/${paymentId}/events`, () => {
    void queryClient.invalidateQueries({ queryKey: paymentQuery(paymentId).queryKey });
    void queryClient.invalidateQueries({ queryKey: ["payments"] });
  });
  const money = (amount: Payment["amount"]) => formatMoney(amount.amount, amount.currency, language);
  return (
    <Page narrow>
      <Breadcrumb
        items={[
          { id: "home", link: <Link to="/">{t("common:home")}</Link> },
          { id: "list", link: <Link to="/zahlungen">{t("payments:list.title")}</Link> },
          { id: "this", link: payment.purpose },
        ]}
      />
      <div className="pv-stack pv-stack--small">
        <PageHeading title={payment.purpose} />
        <div role="status">
          <Badge kind={paymentBadge(payment.state)}>{t(`payments:state.${payment.state}`)}</Badge>
        </div>
      </div>
      <Pay payment={payment} />
      {payment.transfer !== undefined && <Transfer transfer={payment.transfer} />}
      <Facts
        items={[
          {
            id: "amount",
            label: t("payments:amount"),
            value: money(payment.reduction?.to ?? payment.amount),
          },
          ...(payment.items ?? []).map((item, index) => ({
            id: `item-${index}`,
            label: item.label,
            value: itemSum(item, language, (rate, gross) => t("payments:withTax", { rate, gross })),
          })),
          ...(payment.reason === undefined
            ? []
            : [{ id: "reason", label: t("payments:reason"), value: payment.reason }]),
          ...(payment.reduction === undefined
            ? []
            : [
                {
                  id: "reduction",
                  label: t(payment.reduction.to.amount === 0 ? "payments:waived" : "payments:reduced"),
                  value: t("payments:reducedFrom", {
                    from: money(payment.reduction.from),
                    reason: payment.reduction.reason,
                  }),
                },
              ]),
          ...(payment.received === undefined
            ? []
            : [
                {
                  id: "received",
                  label: t("payments:received"),
                  value: t("payments:receivedOf", {
                    received: money(payment.received),
                    open: money({
                      ...payment.amount,
                      amount: payment.amount.amount - payment.received.amount,
                    }),
                  }),
                },
              ]),
          ...(payment.refunded.amount === 0
            ? []
            : [{ id: "refunded", label: t("payments:refunded"), value: money(payment.refunded) }]),
          { id: "creditor", label: t("payments:creditor"), value: payment.creditor },
          { id: "service", label: t("payments:service"), value: payment.serviceTitle },
          {
            id: "application",
            label: t("payments:application"),
            value: (
              <Link to="/antraege/$applicationId" params={{ applicationId: payment.applicationId }}>
                {payment.applicationNumber}
              </Link>
            ),
          },
          ...(payment.legalBasis === undefined
            ? []
            : [{ id: "basis", label: t("payments:legalBasis"), value: payment.legalBasis }]),
          {
            id: "reference",
            label: t("payments:reference"),
            value: fours(payment.reference),
          },
          ...(isOwed(payment.state)
            ? [
                {
                  id: "due",
                  label: t("payments:due"),
                  value: formatDate(payment.dueAt.slice(0, 10), language),
                },
              ]
            : []),
          ...(payment.paidAt === undefined
            ? []
            : [{ id: "paid", label: t("payments:paidAt"), value: formatDateTime(payment.paidAt, language) }]),
        ]}
      />
      <div className="pv-stack pv-stack--small pv-no-print">
        {hasNotice(payment) && (
          <div>
            <a href={`/api/v1/payments/${payment.id}/notice`}>{t("payments:notice")}</a>
          </div>
        )}
        {payment.paidAt !== undefined && (
          <div>
            <a href={`/api/v1/payments/${payment.id}/receipt`}>{t("payments:receipt")}</a>
          </div>
        )}
      </div>
    </Page>
  );
}

const fours = (text: string) => <span className="pv-number">{text.replace(/(.{4})(?=.)/g, "$1 ")}</span>;

/** How to pay by bank transfer: what to fill in, and a code from which the bank's app does. */
function Transfer({ transfer }: { transfer: NonNullable<Payment["transfer"]> }) {
  const t = useWords();
  return (
    <details className="pv-more">
      <summary>{t("payments:transfer.title")}</summary>
      <div className="pv-stack pv-stack--medium">
        <p>{t("payments:transfer.text")}</p>
        <Facts
          items={[
            { id: "to", label: t("payments:transfer.holder"), value: transfer.holder },
            { id: "iban", label: t("payments:transfer.iban"), value: fours(transfer.iban) },
            ...(transfer.bic === undefined
              ? []
              : [{ id: "bic", label: t("payments:transfer.bic"), value: transfer.bic }]),
            {
              id: "sum",
              label: t("payments:amount"),
              value: formatMoney(transfer.amount.amount, transfer.amount.currency, currentLanguage()),
            },
            { id: "for", label: t("payments:transfer.reference"), value: fours(transfer.reference) },
          ]}
        />
        <p>{t("payments:transfer.codeText")}</p>
        <QrCode text={transfer.code} label={t("payments:transfer.code")} />
      </div>
    </details>
  );
}

/** Whether there is a fee notice: not of what is asked no more without having been waived. */
function hasNotice({ state, reduction }: Payment): boolean {
  return state !== "writtenOff" && (state !== "withdrawn" || reduction?.to.amount === 0);
}

/** What can be done now. Whoever comes back from the payment service lands here, and the portal asks the service by itself. */
function Pay({ payment }: { payment: Payment }) {
  const t = useWords();
  const queryClient = useQueryClient();
  const { id, state } = payment;
  const wants = useRef(false);
  const start = useAction(async (key) => {
    wants.current = true;
    queryClient.setQueryData(paymentQuery(id).queryKey, await startPayment(id, key));
  });
  // The page of the service has opened: this person has just asked for it.
  const { payUrl } = payment;
  useEffect(() => {
    if (wants.current && payUrl !== undefined) {
      wants.current = false;
      leaveFor(payUrl);
    }
  }, [payUrl]);
  // A payment that is under way may be over already: ask, now and whenever the person looks here again.
  useEffect(() => {
    if (state !== "started") return undefined;
    const ask = () => {
      if (document.visibilityState === "visible") void checkPayment(id).catch(() => undefined);
    };
    ask();
    document.addEventListener("visibilitychange", ask);
    return () => document.removeEventListener("visibilitychange", ask);
  }, [id, state]);
  if (state === "paid") {
    return (
      <Alert kind="success" title={t("payments:paidTitle")}>
        <p>{t("payments:paidText")}</p>
      </Alert>
    );
  }
  if (state === "withdrawn" && payment.reduction?.to.amount === 0) return <p>{t("payments:over.waived")}</p>;
  if (state === "withdrawn" || state === "refundAsked" || state === "refunded" || state === "writtenOff")
    return <p>{t(`payments:over.${state}`)}</p>;
  const trouble = state === "failed" || state === "cancelled" || state === "expired";
  const waiting = payment.waiting === true || start.busy;
  return (
    <section className="pv-stack pv-stack--medium pv-no-print">
      {trouble && (
        <Alert kind={state === "failed" ? "danger" : "warning"} title={t(`payments:trouble.${state}`)}>
          <p>{t("payments:troubleText")}</p>
        </Alert>
      )}
      {state === "started" && !waiting && (
        <Alert kind="info" title={t("payments:startedTitle")}>
          <p>{t("payments:startedText")}</p>
        </Alert>
      )}
      {start.error !== undefined && <ErrorState error={start.error} />}
      <p role="status">{waiting && t("payments:opening")}</p>
      <div className="pv-actions">
        {payUrl === undefined ? (
          <Button busy={waiting} onClick={start.run}>
            {t(trouble ? "payments:again" : "payments:payNow")}
          </Button>
        ) : (
          <AnchorButton href={payUrl}>{t("payments:toService")}</AnchorButton>
        )}
      </div>
      <p className="pv-small pv-muted">{t("payments:later")}</p>
    </section>
  );
}
