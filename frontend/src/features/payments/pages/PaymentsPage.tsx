import { useSuspenseInfiniteQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { currentLanguage, useWords } from "../../../i18n";
import { formatMoney } from "../../../lib/money";
import { formatDateTime } from "../../../lib/dates";
import { Badge } from "../../../ui/Badge";
import { EmptyState } from "../../../ui/EmptyState";
import { LoadMore } from "../../../ui/LoadMore";
import { Page } from "../../../ui/Page";
import { PageHeading } from "../../../ui/PageHeading";
import { paymentsQuery } from "../api";
import { paymentBadge } from "../../../lib/payments";

/** What the person is asked to pay, at all linked portals. */
export default function PaymentsPage() {
  const t = useWords();
  const language = currentLanguage();
  const { data, hasNextPage, isFetchingNextPage, fetchNextPage } = useSuspenseInfiniteQuery(paymentsQuery);
  const items = data.pages.flatMap((page) => page.items);
  return (
    <Page narrow>
      <PageHeading title={t("payments:list.title")} />
      {items.length === 0 ? (
        <EmptyState title={t("payments:list.empty")} />
      ) : (
        <ul className="pv-list">
          {items.map((payment) => (
            <li key={payment.id} className="pv-stack pv-stack--small">
              <div className="pv-row pv-row--between pv-row--top">
                <h2 className="pv-card-title">
                  <Link to="/zahlungen/$paymentId" params={{ paymentId: payment.id }}>
                    {payment.purpose}
                  </Link>
                </h2>
                <Badge kind={paymentBadge(payment.state)}>{t(`payments:state.${payment.state}`)}</Badge>
              </div>
              <p>{formatMoney(payment.amount.amount, payment.amount.currency, language)}</p>
              <p className="pv-small pv-muted">
                {payment.creditor} · {formatDateTime(payment.createdAt, language)}
              </p>
            </li>
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
