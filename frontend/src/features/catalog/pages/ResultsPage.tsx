import { useInfiniteQuery, useQuery, useSuspenseQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import type { Schemas } from "../../../api/client";
import { portalQuery } from "../../../api/portal";
import { useWords } from "../../../i18n";
import { LinkButton } from "../../../ui/Button";
import { EmptyState } from "../../../ui/EmptyState";
import { Page } from "../../../ui/Page";
import { PageHeading } from "../../../ui/PageHeading";
import { categoriesQuery, everythingQuery, placeQuery, type Audience, type Everything } from "../api";
import { ActiveFilters, Filters, type FilterGroup, type ResultSearch } from "../parts/Filters";
import { sections } from "../parts/Found";
import { Correction, RecognisedPlace } from "../parts/Understood";
import { PlaceLine } from "../parts/PlaceLine";
import { ResultList } from "../parts/ResultList";
import { SearchBox } from "../parts/SearchBox";
import { TurnTo } from "../parts/TurnTo";
import { usePlace } from "../place";

const route = getRouteApi("/citizen/suche");

const audiences = { privat: "citizen", unternehmen: "business" } as const satisfies Record<string, Audience>;

/** What the search found, with ways to narrow it down. */
export default function ResultsPage() {
  const t = useWords();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const { q, ars, kategorie, fuer, online, art, genau } = search;
  const wanted: Everything = {
    q,
    ars,
    category: kategorie,
    audience: fuer && audiences[fuer],
    online: online && true,
    kind: art && sections[art],
    corrected: genau === undefined ? undefined : false,
  };
  const found = useInfiniteQuery(everythingQuery(wanted)).data?.pages[0];
  const groups = useFilterGroups(found, search);
  const place = usePlaceName(found, ars);
  const title = q === undefined ? t("catalog:results.all") : t("catalog:results.for", { q });
  const choose = (chosen: string) =>
    void navigate({
      // The place inside of the words would count before the one chosen.
      search: ({ q: before, ...rest }) => {
        const words = found?.recognisedPlace?.words ?? before;
        return { ...rest, ars: chosen, ...(words !== undefined && { q: words }) };
      },
    });
  return (
    <Page>
      <div className="pv-search">
        <PageHeading key={title} title={title} />
        <SearchBox key={q ?? ""} initial={q ?? ""} keep={search} />
        {found?.recognisedPlace ? (
          <RecognisedPlace recognised={found.recognisedPlace} search={search} onChosen={choose} />
        ) : (
          <PlaceLine ars={ars} onChosen={choose} />
        )}
      </div>
      <div className="pv-results">
        <Filters groups={groups} search={search} />
        <div className="pv-stack">
          <Correction correction={found?.correction} search={search} />
          <ActiveFilters groups={groups} search={search} />
          <ResultList
            wanted={wanted}
            search={search}
            place={place}
            empty={(result) => <NothingFound result={result} search={search} />}
          />
        </div>
      </div>
    </Page>
  );
}

/** The name of the place that the results are for. */
function usePlaceName(
  found: Schemas["SearchResult"] | undefined,
  ars: string | undefined,
): string | undefined {
  const remembered = usePlace();
  const other = ars === remembered?.ars ? undefined : ars;
  const named = useQuery(placeQuery(other));
  if (found?.recognisedPlace) return found.recognisedPlace.place.name;
  if (ars === undefined) return undefined;
  return other === undefined ? remembered?.name : named.data?.name;
}

/** How many services a choice would leave; undefined while that is not known. */
const left = (list: { value: string; services: number }[] | undefined, value: string) =>
  list && (list.find((counted) => counted.value === value)?.services ?? 0);

/** The choices that there are, with what each would leave; those that would leave nothing are left out. */
function useFilterGroups(found: Schemas["SearchResult"] | undefined, search: ResultSearch): FilterGroup[] {
  const t = useWords();
  const categories = useQuery(categoriesQuery);
  const counts = found?.services.counts;
  const kind: FilterGroup = {
    name: "art",
    title: t("catalog:filter.kind"),
    options: (
      [
        { value: "leistung", label: t("catalog:found.services"), count: found?.services.total },
        { value: "stelle", label: t("catalog:found.offices"), count: found?.offices.total },
        { value: "lebenslage", label: t("catalog:found.situations"), count: found?.situations.total },
        { value: "formular", label: t("catalog:found.forms"), count: found?.forms.total },
      ] as const
    ).filter(({ value, count }) => (count ?? 0) > 0 || value === search.art),
  };
  const ofServices: FilterGroup[] = [
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
  const narrows = search.art === undefined || search.art === "leistung";
  return [
    ...(kind.options.length > 1 || search.art !== undefined ? [kind] : []),
    ...(narrows ? ofServices : []),
  ];
}

/** Says how to go on: without the filters, with other words, by asking, or by looking through what there is. */
function NothingFound({ result, search }: { result: Schemas["SearchResult"]; search: ResultSearch }) {
  const t = useWords();
  const { data: portal } = useSuspenseQuery(portalQuery);
  const { q, ars, art, kategorie, fuer, online } = search;
  const filtered = [art, kategorie, fuer, online].some((filter) => filter !== undefined);
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
      {result.turnTo && (
        <div>
          <TurnTo items={result.turnTo} helpEmail={portal.helpEmail} />
        </div>
      )}
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
