import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { currentLanguage, useWords } from "../../../i18n";
import { formatDateTime } from "../../../lib/dates";
import { Badge } from "../../../ui/Badge";
import { EmptyState } from "../../../ui/EmptyState";
import { ErrorState } from "../../../ui/ErrorState";
import { Loading } from "../../../ui/Loading";
import { LoadMore } from "../../../ui/LoadMore";
import { runsQuery, type Run } from "../api";
import { stateKinds, totals } from "../health";

/** The runs of a source, or all runs; the newest first. */
export function Runs({ sourceId }: { sourceId?: string }) {
  const t = useWords();
  const list = useInfiniteQuery(runsQuery(sourceId));
  const items = list.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <div className="pv-stack">
      {list.isPending && <Loading />}
      {list.isError && <ErrorState error={list.error} onRetry={() => void list.refetch()} />}
      {list.isSuccess && items.length === 0 && <EmptyState title={t("sources:runs.none")} />}
      {items.length > 0 && (
        <ul className="pv-list">
          {items.map((run) => (
            <RunItem key={run.id} run={run} named={sourceId === undefined} />
          ))}
        </ul>
      )}
      {list.hasNextPage && (
        <div>
          <LoadMore busy={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()} />
        </div>
      )}
    </div>
  );
}

function RunItem({ run, named }: { run: Run; named: boolean }) {
  const t = useWords();
  const { added, changed, deleted } = totals(run);
  const begun = formatDateTime(run.startedAt ?? run.createdAt, currentLanguage());
  const details = [
    named ? begun : undefined,
    run.state === "done" || run.state === "checked"
      ? t("sources:runs.totals", { added, changed, deleted })
      : undefined,
    run.skipped > 0 ? t("sources:runs.skipped", { count: run.skipped }) : undefined,
    run.warnings > 0 ? t("sources:runs.warnings", { count: run.warnings }) : undefined,
  ];
  return (
    <li className="pv-case">
      <div className="pv-stack pv-stack--small">
        <h3 className="pv-card-title">
          <Link to="/redaktion/quellen/laeufe/$runId" params={{ runId: run.id }}>
            {named ? run.title : begun}
          </Link>
        </h3>
        <p className="pv-small pv-muted">{details.filter(Boolean).join(" · ")}</p>
      </div>
      <div className="pv-case__side">
        <RunBadges run={run} />
      </div>
    </li>
  );
}

/** What kind of run it is, and how far it is. */
export function RunBadges({ run }: { run: Run }) {
  const t = useWords();
  return (
    <>
      {run.action === "undo" && <Badge>{t("sources:run.isUndo")}</Badge>}
      {run.dryRun && <Badge>{t("sources:run.isDryRun")}</Badge>}
      {run.undone && <Badge>{t("sources:run.isUndone")}</Badge>}
      <Badge kind={stateKinds[run.state]}>{t(`sources:state.${run.state}`)}</Badge>
    </>
  );
}
