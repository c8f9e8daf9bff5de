import { useSuspenseInfiniteQuery, useSuspenseQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { currentLanguage, useWords } from "../../../i18n";
import { formatDateTime } from "../../../lib/dates";
import { Alert } from "../../../ui/Alert";
import { EmptyState } from "../../../ui/EmptyState";
import { Facts } from "../../../ui/Facts";
import { LoadMore } from "../../../ui/LoadMore";
import { Page } from "../../../ui/Page";
import { PageHeading } from "../../../ui/PageHeading";
import { statementsQuery, transfersQuery } from "../api";
import { StatementForm } from "../parts/StatementForm";
import { TransferItem } from "../parts/TransferItem";
import { TreasuryNav } from "../parts/TreasuryNav";
import { useMoney } from "../parts/useMoney";

const route = getRouteApi("/desk/treasury/kasse/konto");

/** The account to which people transfer: statements are read in, and what names no fee is cleared up. */
export default function AccountPage() {
  const t = useWords();
  const { data: statements } = useSuspenseQuery(statementsQuery);
  const { accounts } = statements;
  return (
    <Page>
      <PageHeading title={t("treasury:account.title")} />
      <TreasuryNav />
      {accounts.length === 0 ? (
        <Alert kind="info" title={t("treasury:account.none")}>
          <p>{t("treasury:account.noneText")}</p>
        </Alert>
      ) : (
        <>
          <Facts
            items={accounts.flatMap(({ holder, iban }) => [
              { id: `holder ${iban}`, label: t("treasury:account.holder"), value: holder },
              {
                id: iban,
                label: t("treasury:account.iban"),
                value: <span className="pv-number">{iban.replace(/(.{4})(?=.)/g, "$1 ")}</span>,
              },
            ])}
          />
          <section className="pv-stack pv-stack--medium">
            <h2>{t("treasury:statement.title")}</h2>
            <p>{t("treasury:statement.text")}</p>
            <StatementForm />
          </section>
        </>
      )}
      <Transfers />
      {statements.items.length > 0 && <Files />}
    </Page>
  );
}

function Transfers() {
  const t = useWords();
  const { umsaetze } = route.useSearch();
  const open = umsaetze !== "alle";
  const { data, hasNextPage, isFetchingNextPage, fetchNextPage } = useSuspenseInfiniteQuery(
    transfersQuery(open),
  );
  const items = data.pages.flatMap((page) => page.items);
  return (
    <section className="pv-stack">
      <h2>{t(open ? "treasury:transfer.open" : "treasury:transfer.all")}</h2>
      <p>
        {open ? (
          <Link to="/kasse/konto" search={{ umsaetze: "alle" }}>
            {t("treasury:transfer.showAll")}
          </Link>
        ) : (
          <Link to="/kasse/konto">{t("treasury:transfer.showOpen")}</Link>
        )}
      </p>
      {items.length === 0 ? (
        <EmptyState title={t(open ? "treasury:transfer.nothingOpen" : "treasury:transfer.nothing")} />
      ) : (
        <ul className="pv-list">
          {items.map((transfer) => (
            <TransferItem key={transfer.id} transfer={transfer} />
          ))}
        </ul>
      )}
      {hasNextPage && (
        <div>
          <LoadMore busy={isFetchingNextPage} onClick={() => void fetchNextPage()} />
        </div>
      )}
    </section>
  );
}

function Files() {
  const t = useWords();
  const money = useMoney();
  const { data } = useSuspenseQuery(statementsQuery);
  return (
    <details className="pv-more">
      <summary>{t("treasury:statement.files")}</summary>
      <Facts
        items={data.items.map((file) => ({
          id: file.id,
          label: <span className="pv-break">{file.file}</span>,
          value: t("treasury:statement.figures", {
            when: formatDateTime(file.at, currentLanguage()),
            entries: file.entries,
            taken: file.taken,
            matched: file.matched,
            credits: money(file.credits),
            debits: money(file.debits),
          }),
        }))}
      />
    </details>
  );
}
