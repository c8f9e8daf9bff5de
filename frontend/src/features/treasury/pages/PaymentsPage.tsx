import { useSuspenseInfiniteQuery } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { currentLanguage, useWords } from "../../../i18n";
import { formatDateTime, formatDay } from "../../../lib/dates";
import { defined } from "../../../lib/defined";
import { isOwed, paymentBadge } from "../../../lib/payments";
import { Badge } from "../../../ui/Badge";
import { Button } from "../../../ui/Button";
import { EmptyState } from "../../../ui/EmptyState";
import { Select } from "../../../ui/fields/ChoiceFields";
import { TextField } from "../../../ui/fields/TextField";
import { LoadMore } from "../../../ui/LoadMore";
import { Page } from "../../../ui/Page";
import { PageHeading } from "../../../ui/PageHeading";
import { paymentsQuery, type PaymentRecord, type PaymentState } from "../api";
import { RefundDialog } from "../parts/RefundDialog";
import { TreasuryNav } from "../parts/TreasuryNav";
import { useMoney } from "../parts/useMoney";
import { WriteOffDialog } from "../parts/WriteOffDialog";

const route = getRouteApi("/desk/treasury/kasse/zahlungen");

const states: readonly PaymentState[] = [
  "created",
  "started",
  "paid",
  "failed",
  "cancelled",
  "expired",
  "refundAsked",
  "refunded",
  "withdrawn",
  "writtenOff",
];

/** Fees of this portal, at first those that are owed. */
export default function PaymentsPage() {
  const t = useWords();
  const { stand = "offen", zeichen } = route.useSearch();
  const { data, hasNextPage, isFetchingNextPage, fetchNextPage } = useSuspenseInfiniteQuery(
    paymentsQuery({
      ...defined({ reference: zeichen, state: states.find((state) => state === stand) }),
      ...(stand === "offen" && { owed: true }),
    }),
  );
  const items = data.pages.flatMap((page) => page.items);
  return (
    <Page>
      <PageHeading title={t("treasury:payments.title")} />
      <TreasuryNav />
      <Filters key={`${stand} ${zeichen ?? ""}`} stand={stand} zeichen={zeichen ?? ""} />
      {items.length === 0 ? (
        <EmptyState
          title={t(stand === "offen" ? "treasury:payments.nothingOwed" : "treasury:payments.none")}
        />
      ) : (
        <ul className="pv-list">
          {items.map((payment) => (
            <PaymentItem key={payment.id} payment={payment} />
          ))}
        </ul>
      )}
      {hasNextPage && (
        <div>
          <LoadMore busy={isFetchingNextPage} onClick={() => void fetchNextPage()} />
        </div>
      )}
    </Page>
  );
}

function Filters({ stand, zeichen }: { stand: string; zeichen: string }) {
  const t = useWords();
  const navigate = useNavigate();
  const [draft, setDraft] = useState({ stand, zeichen });
  return (
    <form
      className="pv-row pv-row--bottom"
      role="search"
      onSubmit={(event) => {
        event.preventDefault();
        const reference = draft.zeichen.trim();
        // Whoever looks for one means it whatever its state is.
        const state = reference !== "" && draft.stand === "offen" && stand === "offen" ? "alle" : draft.stand;
        void navigate({
          to: "/kasse/zahlungen",
          search: defined({
            stand: state === "offen" ? undefined : state,
            zeichen: reference === "" ? undefined : reference,
          }),
        });
      }}
    >
      <Select
        id="state"
        label={t("treasury:payments.state")}
        options={[
          { value: "offen", label: t("treasury:payments.owed") },
          { value: "alle", label: t("treasury:payments.all") },
          ...states.map((value) => ({ value, label: t(`payments:state.${value}`) })),
        ]}
        value={draft.stand}
        onChange={(value) => setDraft({ ...draft, stand: value })}
      />
      <TextField
        id="reference"
        label={t("treasury:payments.reference")}
        optional
        width="medium"
        input={{ autoComplete: "off", inputMode: "numeric" }}
        value={draft.zeichen}
        onChange={(value) => setDraft({ ...draft, zeichen: value })}
      />
      <Button type="submit" variant="secondary">
        {t("treasury:payments.show")}
      </Button>
    </form>
  );
}

const isOver = (at: string) => Date.parse(at) < Date.now();

function PaymentItem({ payment }: { payment: PaymentRecord }) {
  const t = useWords();
  const language = currentLanguage();
  const money = useMoney();
  const [asked, setAsked] = useState<"refund" | "writeOff">();
  const owed = isOwed(payment.state);
  const overdue = owed && isOver(payment.dueAt);
  const left = payment.amount.amount - payment.refunded.amount;
  const close = () => setAsked(undefined);
  return (
    <li className="pv-stack pv-stack--small">
      <div className="pv-row pv-row--between pv-row--top">
        <h2 className="pv-card-title">{payment.purpose}</h2>
        <span className="pv-row">
          {overdue && <Badge kind="danger">{t("treasury:payments.overdue")}</Badge>}
          <Badge kind={paymentBadge(payment.state)}>{t(`payments:state.${payment.state}`)}</Badge>
        </span>
      </div>
      <p>
        <strong>{money(payment.amount)}</strong>
        {payment.received !== undefined &&
          ` · ${t("treasury:payments.received", { amount: money(payment.received) })}`}
        {payment.refunded.amount > 0 &&
          ` · ${t("treasury:payments.refunded", { amount: money(payment.refunded) })}`}
        {" · "}
        {payment.paidAt === undefined
          ? t("treasury:payments.due", { day: formatDay(payment.dueAt, language) })
          : t("treasury:payments.paid", { when: formatDateTime(payment.paidAt, language) })}
      </p>
      {payment.shown.amount !== payment.tariff.amount && (
        <p className="pv-small">
          {t("treasury:payments.other", { shown: money(payment.shown), tariff: money(payment.tariff) })}
        </p>
      )}
      {payment.items !== undefined && (
        <p className="pv-small">
          {t("treasury:payments.set", {
            items: payment.items.map((item) => item.label).join(", "),
            reason: payment.reason,
          })}
        </p>
      )}
      {payment.reduction !== undefined && (
        <p className="pv-small">
          {t(payment.reduction.to.amount === 0 ? "treasury:payments.waived" : "treasury:payments.reduced", {
            from: money(payment.reduction.from),
            reason: payment.reduction.reason,
          })}
        </p>
      )}
      <p className="pv-small pv-muted pv-break">
        {t("treasury:payments.facts", {
          reference: payment.reference,
          application: payment.applicationNumber,
          budget: payment.budgetAccount,
        })}
      </p>
      {(owed || (payment.state === "paid" && left > 0)) && (
        <div className="pv-actions">
          {owed ? (
            <Button variant="tertiary" small onClick={() => setAsked("writeOff")}>
              {t("treasury:writeOff.open")}
              <span className="pv-hidden"> {payment.reference}</span>
            </Button>
          ) : (
            <Button variant="tertiary" small onClick={() => setAsked("refund")}>
              {t("treasury:refund.open")}
              <span className="pv-hidden"> {payment.reference}</span>
            </Button>
          )}
        </div>
      )}
      {asked === "refund" && <RefundDialog payment={payment} left={left} onClose={close} />}
      {asked === "writeOff" && <WriteOffDialog payment={payment} onClose={close} />}
    </li>
  );
}
