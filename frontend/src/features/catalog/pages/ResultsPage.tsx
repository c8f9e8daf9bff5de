import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useWords } from "../../../i18n";
import { LinkButton } from "../../../ui/Button";
import { EmptyState } from "../../../ui/EmptyState";
import { Page } from "../../../ui/Page";
import { PageHeading } from "../../../ui/PageHeading";
import { categoriesQuery, type Audience } from "../api";
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
  const { q, ars, kategorie, fuer } = search;
  const groups = useFilterGroups();
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
          <ServiceList
            search={{ q, ars, category: kategorie, audience: fuer && audiences[fuer] }}
            empty={<NothingFound search={search} />}
          />
        </div>
      </div>
    </Page>
  );
}

function useFilterGroups(): FilterGroup[] {
  const t = useWords();
  const categories = useQuery(categoriesQuery);
  return [
    {
      name: "kategorie",
      title: t("catalog:start.life"),
      options: (categories.data?.items ?? []).map(({ id, title }) => ({ value: id, label: title })),
    },
    {
      name: "fuer",
      title: t("catalog:filter.audience"),
      options: [
        { value: "privat", label: t("catalog:filter.citizen") },
        { value: "unternehmen", label: t("catalog:filter.business") },
      ],
    },
  ];
}

/** Says how to go on: without the filters, with other words, or by looking through what there is. */
function NothingFound({ search }: { search: ResultSearch }) {
  const t = useWords();
  const { q, ars } = search;
  const filtered = search.kategorie !== undefined || search.fuer !== undefined;
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
