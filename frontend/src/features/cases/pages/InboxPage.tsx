import { useInfiniteQuery, useQueryClient } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useState } from "react";
import { useLive } from "../../../api/live";
import { currentLanguage, useWords } from "../../../i18n";
import { formatDateTime } from "../../../lib/dates";
import { defined } from "../../../lib/defined";
import { Button } from "../../../ui/Button";
import { EmptyState } from "../../../ui/EmptyState";
import { ErrorState } from "../../../ui/ErrorState";
import { Loading } from "../../../ui/Loading";
import { LoadMore } from "../../../ui/LoadMore";
import { Page } from "../../../ui/Page";
import { PageHeading } from "../../../ui/PageHeading";
import { StateBadge } from "../../../ui/StateBadge";
import { TextField } from "../../../ui/fields/TextField";
import { casesQuery, caseStates, type CaseSummary } from "../api";

const route = getRouteApi("/desk/staff/mitarbeit");

/** The cases of this portal's authorities; new ones appear by themselves. */
export default function InboxPage() {
  const t = useWords();
  const { stand, q } = route.useSearch();
  const queryClient = useQueryClient();
  const state = caseStates.find((candidate) => candidate === stand);
  const cases = useInfiniteQuery(casesQuery(state, q));
  useLive("/api/v1/cases/events", () => void queryClient.invalidateQueries({ queryKey: ["cases"] }));
  const items = cases.data?.pages.flatMap((page) => page.items) ?? [];
  const counts = cases.data?.pages[0]?.counts ?? {};
  return (
    <Page>
      <PageHeading title={t("cases:inbox.title")} />
      <div className="pv-stack pv-stack--medium">
        <SearchForm key={q ?? ""} initial={q ?? ""} />
        <nav aria-label={t("cases:inbox.filter")}>
          <ul className="pv-filters">
            <li>
              <Link to="/mitarbeit" search={q === undefined ? {} : { q }} activeOptions={{ exact: true }}>
                {t("cases:inbox.all")}
              </Link>
            </li>
            {caseStates.map((candidate) => (
              <li key={candidate}>
                <Link
                  to="/mitarbeit"
                  search={{ stand: candidate, ...(q !== undefined && { q }) }}
                  activeOptions={{ exact: true }}
                >
                  {t(`cases:state.${candidate}`)}
                  {counts[candidate] !== undefined && <span>({counts[candidate]})</span>}
                </Link>
              </li>
            ))}
          </ul>
        </nav>
      </div>
      <div className="pv-stack" aria-busy={cases.isFetching}>
        {cases.isPending && <Loading />}
        {cases.isError && <ErrorState error={cases.error} onRetry={() => void cases.refetch()} />}
        {cases.isSuccess && items.length === 0 && <EmptyState title={t("cases:inbox.empty")} />}
        {items.length > 0 && (
          <ul className="pv-list">
            {items.map((item) => (
              <CaseItem key={item.id} item={item} />
            ))}
          </ul>
        )}
        {cases.hasNextPage && (
          <div>
            <LoadMore busy={cases.isFetchingNextPage} onClick={() => void cases.fetchNextPage()} />
          </div>
        )}
      </div>
    </Page>
  );
}

function SearchForm({ initial }: { initial: string }) {
  const t = useWords();
  const navigate = route.useNavigate();
  const [text, setText] = useState(initial);
  return (
    <form
      role="search"
      className="pv-search__box pv-inbox-search"
      onSubmit={(event) => {
        event.preventDefault();
        const q = text.trim();
        void navigate({ search: ({ stand }) => defined({ stand, q: q === "" ? undefined : q }) });
      }}
    >
      <TextField id="case-search" label={t("cases:inbox.search")} value={text} onChange={setText} />
      <Button type="submit" variant="secondary" icon="search">
        {t("cases:inbox.find")}
      </Button>
    </form>
  );
}

function CaseItem({ item }: { item: CaseSummary }) {
  const t = useWords();
  return (
    <li className="pv-case">
      <div className="pv-stack pv-stack--small">
        <h2 className="pv-card-title">
          <Link to="/mitarbeit/vorgaenge/$caseId" params={{ caseId: item.id }}>
            {item.serviceTitle}: {item.applicantName}
          </Link>
        </h2>
        <p className="pv-small pv-muted">
          <span className="pv-nowrap">{item.number}</span> · {item.organisationName} ·{" "}
          {t("cases:inbox.origin", { portal: item.origin.name })}
        </p>
      </div>
      <div className="pv-case__side">
        <StateBadge state={item.state} label={t(`cases:state.${item.state}`)} />
        <span className="pv-small pv-muted">{formatDateTime(item.receivedAt, currentLanguage())}</span>
      </div>
    </li>
  );
}
