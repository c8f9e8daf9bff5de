import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import type { Schemas } from "../../../api/client";
import { currentLanguage, useWords } from "../../../i18n";
import { defined } from "../../../lib/defined";
import { AnchorButton, Button } from "../../../ui/Button";
import { EmptyState } from "../../../ui/EmptyState";
import { ErrorState } from "../../../ui/ErrorState";
import { Loading } from "../../../ui/Loading";
import { Page } from "../../../ui/Page";
import { PageHeading } from "../../../ui/PageHeading";
import { TextField } from "../../../ui/fields/TextField";
import { statisticsAddress, statisticsQuery, type Period } from "../api";
import { DeskNav } from "../parts/DeskNav";

const route = getRouteApi("/desk/staff/mitarbeit/auswertung");

type Figures = Schemas["CaseFigures"];

/** What came in, what is open and how long it takes. */
export default function StatisticsPage() {
  const t = useWords();
  const { von, bis } = route.useSearch();
  const period: Period = defined({ from: von, to: bis });
  const statistics = useQuery(statisticsQuery(period));
  const data = statistics.data;
  return (
    <Page>
      <PageHeading title={t("cases:statistics.title")} />
      <DeskNav />
      {statistics.isPending && <Loading />}
      {statistics.isError && (
        <ErrorState error={statistics.error} onRetry={() => void statistics.refetch()} />
      )}
      {data !== undefined && (
        <>
          <section className="pv-stack">
            <p>{t("cases:statistics.text")}</p>
            <PeriodForm key={`${data.from} ${data.to}`} from={data.from} to={data.to} />
            {data.services.length === 0 ? (
              <EmptyState title={t("cases:statistics.empty")} />
            ) : (
              <FiguresTable services={data.services} total={data.total} />
            )}
            <div>
              <AnchorButton href={statisticsAddress(period)} download variant="secondary" icon="download">
                {t("cases:statistics.download")}
              </AnchorButton>
            </div>
          </section>
          {data.people.length > 0 && <People people={data.people} />}
        </>
      )}
    </Page>
  );
}

function PeriodForm({ from, to }: { from: string; to: string }) {
  const t = useWords();
  const navigate = useNavigate();
  const [draft, setDraft] = useState({ von: from, bis: to });
  const day = (id: "von" | "bis", label: string) => (
    <TextField
      id={id}
      label={label}
      width="medium"
      input={{ type: "date", required: true }}
      value={draft[id]}
      onChange={(value) => setDraft({ ...draft, [id]: value })}
    />
  );
  return (
    <form
      className="pv-row pv-row--bottom"
      onSubmit={(event) => {
        event.preventDefault();
        void navigate({ to: "/mitarbeit/auswertung", search: draft });
      }}
    >
      {day("von", t("cases:statistics.from"))}
      {day("bis", t("cases:statistics.to"))}
      <Button type="submit" variant="secondary">
        {t("cases:statistics.show")}
      </Button>
    </form>
  );
}

const columns = [
  ["received", "received"],
  ["open", "open"],
  ["overdue", "overdue"],
  ["granted", "granted"],
  ["refused", "refused"],
  ["withdrawn", "withdrawn"],
  ["closed", "closed"],
  ["median", "medianDays"],
  ["slow", "slowDays"],
  ["oldest", "oldestDays"],
] as const;

/** The figures by service in a table; on narrow screens a block for each service. */
function FiguresTable({ services, total }: { services: Figures[]; total: Figures }) {
  const t = useWords();
  const number = new Intl.NumberFormat(currentLanguage());
  return (
    <div className="pv-fitting">
      <table className="pv-members pv-figures">
        <caption className="pv-hidden">{t("cases:statistics.title")}</caption>
        <thead>
          <tr>
            <th scope="col">{t("cases:statistics.service")}</th>
            {columns.map(([name]) => (
              <th key={name} scope="col">
                {t(`cases:statistics.${name}`)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {[...services, total].map((figures) => (
            <tr key={figures.serviceId ?? "all"}>
              <th scope="row">
                {figures.serviceId === undefined ? (
                  t("cases:statistics.all")
                ) : (
                  <Link to="/mitarbeit" search={{ leistung: figures.serviceId }}>
                    {figures.serviceTitle}
                  </Link>
                )}
              </th>
              {columns.map(([name, field]) => {
                const value = figures[field];
                return (
                  <td key={name}>
                    <span className="pv-members__label" aria-hidden="true">
                      {t(`cases:statistics.${name}`)}
                    </span>
                    {value === undefined ? "–" : number.format(value)}
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function People({ people }: { people: Schemas["CaseLoad"][] }) {
  const t = useWords();
  const number = new Intl.NumberFormat(currentLanguage());
  return (
    <section className="pv-stack pv-stack--medium">
      <h2>{t("cases:statistics.people")}</h2>
      <div className="pv-fitting">
        <table className="pv-members pv-figures">
          <caption className="pv-hidden">{t("cases:statistics.people")}</caption>
          <thead>
            <tr>
              <th scope="col">{t("cases:statistics.person")}</th>
              <th scope="col">{t("cases:statistics.open")}</th>
              <th scope="col">{t("cases:statistics.overdue")}</th>
            </tr>
          </thead>
          <tbody>
            {people.map((person) => (
              <tr key={person.id ?? "nobody"}>
                <th scope="row">
                  <Link
                    to="/mitarbeit"
                    search={
                      person.id === undefined
                        ? { bei: "niemandem" }
                        : { bei: person.id, offen: "ja", folge: "faellig" }
                    }
                  >
                    {person.id === undefined
                      ? t("cases:statistics.nobody")
                      : person.name || t("cases:statistics.formerly")}
                  </Link>
                </th>
                {(["open", "overdue"] as const).map((field) => (
                  <td key={field}>
                    <span className="pv-members__label" aria-hidden="true">
                      {t(`cases:statistics.${field}`)}
                    </span>
                    {number.format(person[field])}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}
