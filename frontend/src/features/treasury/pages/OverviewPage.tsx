import { useSuspenseQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { Schemas } from "../../../api/client";
import { currentLanguage, useWords, type Say } from "../../../i18n";
import { formatDate, todayInGermany } from "../../../lib/dates";
import { Facts } from "../../../ui/Facts";
import { Page } from "../../../ui/Page";
import { PageHeading } from "../../../ui/PageHeading";
import { exportAddress, overviewQuery } from "../api";
import { DayChart } from "../parts/DayChart";
import { PeriodForm } from "../parts/PeriodForm";
import { TreasuryNav } from "../parts/TreasuryNav";
import { useMoney } from "../parts/useMoney";

/** How the treasury stands: what is owed, what is to be given back, what came in, and the ledger as a file. */
export default function OverviewPage() {
  const t = useWords();
  const language = currentLanguage();
  const money = useMoney();
  const today = todayInGermany();
  const { data } = useSuspenseQuery(overviewQuery);
  const sum = ({ count, amount }: Schemas["TreasurySum"]) =>
    t("treasury:sum", { count, amount: money(amount) });
  return (
    <Page>
      <PageHeading title={t("treasury:title")} />
      <TreasuryNav />
      <section className="pv-stack">
        <h2>{t("treasury:open.title")}</h2>
        <Facts
          items={[
            {
              id: "owed",
              label: t("treasury:open.owed"),
              value: <Link to="/kasse/zahlungen">{sum(data.owed)}</Link>,
            },
            { id: "overdue", label: t("treasury:open.overdue"), value: sum(data.overdue) },
            {
              id: "refunds",
              label: t("treasury:open.refunds"),
              value: <Link to="/kasse/erstattungen">{sum(data.refunds)}</Link>,
            },
            {
              id: "closed",
              label: t("treasury:open.closed"),
              value: (
                <Link to="/kasse/abgleich">
                  {data.closedUntil === undefined
                    ? t("treasury:open.neverClosed")
                    : t("treasury:open.closedUntil", { day: formatDate(data.closedUntil, language) })}
                </Link>
              ),
            },
          ]}
        />
      </section>
      <section className="pv-stack">
        <h2>{t("treasury:days.heading")}</h2>
        <DayChart days={data.days} />
      </section>
      <section className="pv-stack pv-stack--medium">
        <h2>{t("treasury:export.title")}</h2>
        <p>{t("treasury:export.text")}</p>
        <PeriodForm
          id="export"
          start={{ from: `${today.slice(0, 8)}01`, to: today }}
          button={t("treasury:export.button")}
          onSubmit={(period) => window.location.assign(exportAddress(period))}
        />
      </section>
      {data.balances.length > 0 && (
        <section className="pv-stack pv-stack--medium">
          <h2>{t("treasury:balances.title")}</h2>
          <p>{t("treasury:balances.text")}</p>
          <div className="pv-fitting">
            <table className="pv-members pv-figures">
              <caption className="pv-hidden">{t("treasury:balances.title")}</caption>
              <thead>
                <tr>
                  <th scope="col">{t("treasury:balances.account")}</th>
                  <th scope="col">{t("treasury:balances.debit")}</th>
                  <th scope="col">{t("treasury:balances.credit")}</th>
                </tr>
              </thead>
              <tbody>
                {data.balances.map(({ account, amount }) => (
                  <tr key={account}>
                    <th scope="row">{accountName(account, t)}</th>
                    {(["debit", "credit"] as const).map((side) => {
                      const value = side === "debit" ? amount : -amount;
                      return (
                        <td key={side} className={value > 0 ? undefined : "pv-members__none"}>
                          <span className="pv-members__label" aria-hidden="true">
                            {t(`treasury:balances.${side}`)}
                          </span>
                          {value > 0 ? money(value) : "–"}
                        </td>
                      );
                    })}
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        </section>
      )}
    </Page>
  );
}

/** What an account of the ledger is called. */
function accountName(account: string, t: Say): string {
  switch (account) {
    case "receivable":
    case "provider":
    case "bank":
    case "cash":
    case "suspense":
    case "loss":
      return t(`treasury:balances.name.${account}`);
    default:
      return t("treasury:balances.revenue", { account: account.replace("revenue:", "") });
  }
}
