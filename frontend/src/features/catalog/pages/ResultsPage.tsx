import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useWords } from "../../../i18n";
import { Badge } from "../../../ui/Badge";
import { LinkButton } from "../../../ui/Button";
import { EmptyState } from "../../../ui/EmptyState";
import { ErrorState } from "../../../ui/ErrorState";
import { Loading } from "../../../ui/Loading";
import { LoadMore } from "../../../ui/LoadMore";
import { Page } from "../../../ui/Page";
import { PageHeading } from "../../../ui/PageHeading";
import { categoriesQuery, servicesQuery, type ServiceSummary } from "../api";
import { PlaceLine } from "../parts/PlaceLine";
import { SearchBox } from "../parts/SearchBox";

const route = getRouteApi("/citizen/suche");

/** What the search found. */
export default function ResultsPage() {
  const t = useWords();
  const { q, ars, kategorie } = route.useSearch();
  const navigate = route.useNavigate();
  const categories = useQuery(categoriesQuery);
  const services = useInfiniteQuery(servicesQuery({ q, ars, category: kategorie }));
  const category = categories.data?.items.find((candidate) => candidate.id === kategorie);
  const title =
    category?.title ?? (q === undefined ? t("catalog:results.all") : t("catalog:results.for", { q }));
  const items = services.data?.pages.flatMap((page) => page.items) ?? [];
  const total = services.data?.pages[0]?.total ?? 0;
  return (
    <Page>
      <div className="pv-search">
        <PageHeading key={title} title={title} />
        <SearchBox key={q ?? ""} initial={q ?? ""} category={kategorie} />
        <PlaceLine
          ars={ars}
          onChosen={(chosen) => void navigate({ search: (before) => ({ ...before, ars: chosen }) })}
        />
      </div>
      <div className="pv-stack pv-text" aria-busy={services.isFetching}>
        <p role="status" className="pv-strong">
          {services.isSuccess && t("catalog:results.count", { count: total })}
        </p>
        {services.isPending && <Loading />}
        {services.isError && <ErrorState error={services.error} onRetry={() => void services.refetch()} />}
        {services.isSuccess && items.length === 0 && <NothingFound />}
        {items.length > 0 && (
          <ul className="pv-list">
            {items.map((service) => (
              <ResultItem key={service.id} service={service} ars={ars} />
            ))}
          </ul>
        )}
        {services.hasNextPage && (
          <div>
            <LoadMore busy={services.isFetchingNextPage} onClick={() => void services.fetchNextPage()} />
          </div>
        )}
      </div>
    </Page>
  );
}

function ResultItem({ service, ars }: { service: ServiceSummary; ars: string | undefined }) {
  const t = useWords();
  return (
    <li className="pv-stack pv-stack--small">
      <h2 className="pv-card-title">
        <Link
          to="/leistungen/$serviceId"
          params={{ serviceId: service.id }}
          search={ars === undefined ? {} : { ars }}
        >
          {service.title}
        </Link>
      </h2>
      <p>{service.teaser}</p>
      <p className="pv-row pv-small">
        {service.online && <Badge kind="success">{t("catalog:results.online")}</Badge>}
        <span className="pv-muted">
          {[service.authorityName, service.owner.name].filter(Boolean).join(" · ")}
        </span>
      </p>
    </li>
  );
}

function NothingFound() {
  const t = useWords();
  return (
    <EmptyState title={t("catalog:results.noneTitle")}>
      <ul className="pv-bullets">
        <li>{t("catalog:results.noneHint1")}</li>
        <li>{t("catalog:results.noneHint2")}</li>
      </ul>
      <div>
        <LinkButton to="/suche" variant="secondary">
          {t("catalog:results.showAll")}
        </LinkButton>
      </div>
    </EmptyState>
  );
}
