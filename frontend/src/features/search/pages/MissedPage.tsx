import { useInfiniteQuery, useQueryClient } from "@tanstack/react-query";
import { currentLanguage, useWords } from "../../../i18n";
import { formatDate } from "../../../lib/dates";
import { Badge } from "../../../ui/Badge";
import { Button, LinkButton } from "../../../ui/Button";
import { EmptyState } from "../../../ui/EmptyState";
import { ErrorState } from "../../../ui/ErrorState";
import { Loading } from "../../../ui/Loading";
import { LoadMore } from "../../../ui/LoadMore";
import { useStatus } from "../../../ui/Status";
import { useAction } from "../../../ui/useAction";
import { dismissMissed, missedQuery, type Missed } from "../api";
import { SearchDesk } from "../parts/SearchDesk";

/** What was searched for in vain. */
export default function MissedPage() {
  const t = useWords();
  const missed = useInfiniteQuery(missedQuery);
  const items = missed.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <SearchDesk title={t("search:missed.title")} text={t("search:missed.text")}>
      <div className="pv-stack pv-text" aria-busy={missed.isFetching}>
        {missed.isPending && <Loading />}
        {missed.isError && <ErrorState error={missed.error} onRetry={() => void missed.refetch()} />}
        {missed.isSuccess && items.length === 0 && (
          <EmptyState title={t("search:missed.none")}>
            <p>{t("search:missed.noneText")}</p>
          </EmptyState>
        )}
        {items.length > 0 && (
          <ul className="pv-list">
            {items.map((search) => (
              <Item key={search.id} search={search} />
            ))}
          </ul>
        )}
        {missed.hasNextPage && (
          <div>
            <LoadMore busy={missed.isFetchingNextPage} onClick={() => void missed.fetchNextPage()} />
          </div>
        )}
      </div>
    </SearchDesk>
  );
}

function Item({ search }: { search: Missed }) {
  const t = useWords();
  const status = useStatus();
  const queryClient = useQueryClient();
  const { words, searches, lastDay, findsNow } = search;
  const dismiss = useAction(async () => {
    await dismissMissed(search);
    await queryClient.invalidateQueries({ queryKey: missedQuery.queryKey });
    status(t("search:missed.dismissed", { words }));
  });
  return (
    <li className="pv-case">
      <div className="pv-stack pv-stack--small">
        <h2 className="pv-card-title">{words}</h2>
        <p className="pv-small pv-muted">
          {t("search:missed.often", { count: searches, day: formatDate(lastDay, currentLanguage()) })}
        </p>
        {findsNow > 0 && (
          <p>
            <Badge kind="success">{t("search:missed.findsNow", { count: findsNow })}</Badge>
          </p>
        )}
        {dismiss.error !== undefined && <ErrorState error={dismiss.error} />}
      </div>
      <div className="pv-actions">
        <LinkButton
          to="/redaktion/suche"
          search={{ wort: words }}
          variant="secondary"
          aria-label={t("search:missed.synonymNamed", { words })}
        >
          {t("search:missed.synonym")}
        </LinkButton>
        <Button
          variant="tertiary"
          icon="check"
          busy={dismiss.busy}
          onClick={dismiss.run}
          aria-label={t("search:missed.doneNamed", { words })}
        >
          {t("search:missed.done")}
        </Button>
      </div>
    </li>
  );
}
