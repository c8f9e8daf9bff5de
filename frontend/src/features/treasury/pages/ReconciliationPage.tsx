import { useQuery, useSuspenseQuery } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import type { Schemas } from "../../../api/client";
import { currentLanguage, useWords } from "../../../i18n";
import { formatDate, shiftDay, todayInGermany } from "../../../lib/dates";
import { defined } from "../../../lib/defined";
import { Alert } from "../../../ui/Alert";
import { ErrorState } from "../../../ui/ErrorState";
import { Select } from "../../../ui/fields/ChoiceFields";
import { Loading } from "../../../ui/Loading";
import { Page } from "../../../ui/Page";
import { PageHeading } from "../../../ui/PageHeading";
import { reconciliationQuery, servicesQuery } from "../api";
import { Closings } from "../parts/Closings";
import { DifferenceItem } from "../parts/DifferenceItem";
import { PeriodForm } from "../parts/PeriodForm";
import { TreasuryNav } from "../parts/TreasuryNav";
import { useMoney } from "../parts/useMoney";

const route = getRouteApi("/desk/treasury/kasse/abgleich");

/** Compares what is booked with the payment service's list, and closes days. */
export default function ReconciliationPage() {
  const t = useWords();
  const navigate = useNavigate();
  const { von, bis, dienst } = route.useSearch();
  const { data: services } = useSuspenseQuery(servicesQuery);
  const service = (services.find(({ id }) => id === dienst) ?? services[0])?.id;
  const today = todayInGermany();
  const period = { from: von ?? shiftDay(today, -6, "d"), to: bis ?? today };
  const comparison = useQuery(reconciliationQuery(period, service));
  return (
    <Page>
      <PageHeading title={t("treasury:reconciliation.title")} />
      <TreasuryNav />
      <section className="pv-stack">
        <p>{t("treasury:reconciliation.text")}</p>
        {services.length > 1 && (
          <Select
            id="service"
            label={t("treasury:reconciliation.service")}
            options={services.map(({ id, organisationName, ended }) => {
              const name =
                organisationName ??
                t(id === undefined ? "treasury:reconciliation.configured" : "treasury:reconciliation.portal");
              return { value: id ?? "", label: ended ? t("treasury:reconciliation.ended", { name }) : name };
            })}
            value={service ?? ""}
            onChange={(id) =>
              void navigate({
                to: "/kasse/abgleich",
                search: defined({ von, bis, dienst: id === "" ? undefined : id }),
              })
            }
          />
        )}
        <PeriodForm
          key={`${period.from} ${period.to}`}
          id="period"
          start={period}
          button={t("treasury:reconciliation.button")}
          onSubmit={({ from, to }) => {
            if (from === period.from && to === period.to) void comparison.refetch();
            else void navigate({ to: "/kasse/abgleich", search: defined({ von: from, bis: to, dienst }) });
          }}
        />
        {comparison.isPending && <Loading />}
        {comparison.isError && <ErrorState error={comparison.error} />}
        {comparison.data !== undefined && !comparison.isError && (
          <Result comparison={comparison.data} service={service} from={period.from} to={period.to} />
        )}
      </section>
      <Closings />
    </Page>
  );
}

function Result({
  comparison,
  service,
  from,
  to,
}: {
  comparison: Schemas["Reconciliation"];
  service: string | undefined;
  from: string;
  to: string;
}) {
  const t = useWords();
  const money = useMoney();
  const language = currentLanguage();
  const open = comparison.differences.filter((difference) => difference.note === undefined);
  const noted = comparison.differences.filter((difference) => difference.note !== undefined);
  const total = t("treasury:reconciliation.total", {
    count: comparison.transactions,
    amount: money(comparison.total),
    from: formatDate(from, language),
    to: formatDate(to, language),
  });
  return (
    <>
      <div role="status">
        {open.length === 0 ? (
          <Alert kind="success" title={t("treasury:reconciliation.fine")}>
            <p>{total}</p>
          </Alert>
        ) : (
          <Alert kind="warning" title={t("treasury:reconciliation.differences", { count: open.length })}>
            <p>{total}</p>
          </Alert>
        )}
      </div>
      {open.length > 0 && (
        <ul className="pv-list">
          {open.map((difference) => (
            <DifferenceItem
              key={`${difference.transactionId} ${difference.kind}`}
              difference={difference}
              service={service}
            />
          ))}
        </ul>
      )}
      {noted.length > 0 && (
        <details className="pv-more">
          <summary>{t("treasury:reconciliation.noted", { count: noted.length })}</summary>
          <ul className="pv-list">
            {noted.map((difference) => (
              <DifferenceItem
                key={`${difference.transactionId} ${difference.kind}`}
                difference={difference}
                service={service}
              />
            ))}
          </ul>
        </details>
      )}
    </>
  );
}
