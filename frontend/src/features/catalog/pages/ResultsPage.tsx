import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useWords } from "../../../i18n";
import { LinkButton } from "../../../ui/Button";
import { EmptyState } from "../../../ui/EmptyState";
import { Page } from "../../../ui/Page";
import { PageHeading } from "../../../ui/PageHeading";
import { categoriesQuery, servicesQuery, type Audience, type ServiceSearch } from "../api";
import { ActiveFilters, Filters, type FilterGroup, type ResultSearch } from "../parts/Filters";
import { PlaceLine } from "../parts/PlaceLine";
import { SearchBox } from "../parts/SearchBox";
import { ServiceList } from "../parts/ServiceList";

const route = getRouteApi("/citizen/suche");

const audiences = { privat: "citizen", unternehmen: "business" } as const satisfies Record<string, Audience>;

/** What the search found, with ways to narrow it down. */
export default function ResultsPage() {
  const t = useWords();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const { q, ars, kategorie, fuer, online } = search;
  const wanted: ServiceSearch = {
    q,
    ars,
    category: kategorie,
    audience: fuer && audiences[fuer],
    online: online && true,
  };
  const groups = useFilterGroups(wanted, search);
  const title = q === undefined ? t("catalog:results.all") : t("catalog:results.for", { q });
  return (
    <Page>
      <div className="pv-search">
        <PageHeading key={title} title={title} />
        <SearchBox key={q ?? ""} initial={q ?? ""} keep={search} />
        <PlaceLine
          ars={ars}
          onChosen={(chosen) => void navigate({ search: (before) => ({ ...before, ars: chosen }) })}
        />
      </div>
      <div className="pv-results">
        <Filters groups={groups} search={search} />
        <div className="pv-stack">
          <ActiveFilters groups={groups} search={search} />
          <ServiceList search={wanted} empty={<NothingFound search={search} />} />
        </div>
      </div>
    </Page>
  );
}

/** How many services a choice would leave; undefined while that is not known. */
const left = (list: { value: string; services: number }[] | undefined, value: string) =>
  list && (list.find((counted) => counted.value === value)?.services ?? 0);

/** The choices that there are, with what each would leave; life situations that would leave nothing are left out. */
function useFilterGroups(wanted: ServiceSearch, search: ResultSearch): FilterGroup[] {
  const t = useWords();
  const categories = useQuery(categoriesQuery);
  const counts = useInfiniteQuery(servicesQuery(wanted)).data?.pages[0]?.counts;
  return [
    {
      name: "online",
      title: t("catalog:filter.way"),
      options: [{ value: "ja", label: t("catalog:results.online"), count: counts?.online }],
    },
    {
      name: "kategorie",
      title: t("catalog:start.life"),
      options: (categories.data?.items ?? [])
        .map(({ id, title }) => ({ value: id, label: title, count: left(counts?.categories, id) }))
        .filter(({ value, count }) => count !== 0 || value === search.kategorie),
    },
    {
      name: "fuer",
      title: t("catalog:filter.audience"),
      options: [
        {
          value: "privat",
          label: t("catalog:filter.citizen"),
          count: left(counts?.audiences, audiences.privat),
        },
        {
          value: "unternehmen",
          label: t("catalog:filter.business"),
          count: left(counts?.audiences, audiences.unternehmen),
        },
      ],
    },
  ];
}

/** Says how to go on: without the filters, with other words, or by looking through what there is. */
function NothingFound({ search }: { search: ResultSearch }) {
  const t = useWords();
  const { q, ars } = search;
  const filtered = search.kategorie !== undefined || search.fuer !== undefined || search.online !== undefined;
  return (
    <EmptyState title={t("catalog:results.noneTitle")}>
      <ul className="pv-bullets">
        {filtered && (
          <li>
            <Link to="/suche" search={{ ...(q !== undefined && { q }), ...(ars !== undefined && { ars }) }}>
              {t("catalog:results.noneWithoutFilters")}
            </Link>
          </li>
        )}
        <li>{t("catalog:results.noneHint1")}</li>
        <li>{t("catalog:results.noneHint2")}</li>
      </ul>
      <div className="pv-actions">
        <LinkButton to="/a-z" variant="secondary">
          {t("catalog:start.register")}
        </LinkButton>
        <LinkButton to="/" variant="secondary">
          {t("catalog:start.life")}
        </LinkButton>
      </div>
    </EmptyState>
  );
}
