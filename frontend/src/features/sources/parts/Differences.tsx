import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import { useWords } from "../../../i18n";
import { Badge, type BadgeKind } from "../../../ui/Badge";
import { EmptyState } from "../../../ui/EmptyState";
import { ErrorState } from "../../../ui/ErrorState";
import { Select } from "../../../ui/fields/ChoiceFields";
import { Loading } from "../../../ui/Loading";
import { LoadMore } from "../../../ui/LoadMore";
import {
  comparisonQuery,
  differencesQuery,
  type Difference,
  type DifferenceSearch,
  type Outcome,
  type Run,
} from "../api";
import { kindLabel } from "./kindLabel";

/** Shows an entry before and after, either of which may be missing. */
export type Compare = (before: Entry | undefined, after: Entry | undefined) => ReactNode;
export type Entry = { [member: string]: unknown };

const outcomes: Outcome[] = ["added", "changed", "deleted"];
const outcomeKinds: Record<Outcome, BadgeKind> = { added: "success", changed: "info", deleted: "danger" };

/** What a run changed, or would change, entry by entry. */
export function Differences({ run, compare }: { run: Run; compare: Compare }) {
  const t = useWords();
  const [search, setSearch] = useState<DifferenceSearch>({});
  const list = useInfiniteQuery(differencesQuery(run.id, search));
  const items = list.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <div className="pv-stack pv-stack--medium">
      <div className="pv-fields-row">
        <Select
          id="differences-outcome"
          label={t("sources:differences.outcome")}
          options={outcomes.map((value) => ({ value, label: t(`sources:outcome.${value}`) }))}
          empty={t("sources:differences.all")}
          value={search.outcome ?? ""}
          onChange={(value) => setSearch({ ...search, outcome: outcomes.find((one) => one === value) })}
        />
        <Select
          id="differences-kind"
          label={t("sources:differences.kind")}
          options={run.counts.map(({ kind }) => ({ value: kind, label: kindLabel(kind, t) }))}
          empty={t("sources:differences.allKinds")}
          value={search.kind ?? ""}
          onChange={(value) => setSearch({ ...search, kind: value === "" ? undefined : value })}
        />
      </div>
      <div className="pv-stack" aria-busy={list.isFetching}>
        {list.isPending && <Loading />}
        {list.isError && <ErrorState error={list.error} onRetry={() => void list.refetch()} />}
        {list.isSuccess && items.length === 0 && <EmptyState title={t("sources:differences.none")} />}
        {items.length > 0 && (
          <ul className="pv-list">
            {items.map((item) => (
              <DifferenceItem key={item.number} runId={run.id} item={item} compare={compare} />
            ))}
          </ul>
        )}
        {list.hasNextPage && (
          <div>
            <LoadMore busy={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()} />
          </div>
        )}
      </div>
    </div>
  );
}

function DifferenceItem({ runId, item, compare }: { runId: string; item: Difference; compare: Compare }) {
  const t = useWords();
  const [open, setOpen] = useState(false);
  const kind = kindLabel(item.kind, t);
  const named = item.title !== "";
  const title = named ? item.title : kind;
  return (
    <li className="pv-stack pv-stack--small">
      <div className="pv-case">
        <p>
          <span className="pv-strong pv-anywhere">{title}</span>{" "}
          {named && <span className="pv-small pv-muted pv-nowrap">{kind}</span>}
        </p>
        <div className="pv-case__side">
          <Badge kind={outcomeKinds[item.outcome]}>{t(`sources:outcome.${item.outcome}`)}</Badge>
        </div>
      </div>
      <details className="pv-details" onToggle={(event) => setOpen(event.currentTarget.open)}>
        <summary>
          {t(`sources:differences.look.${item.outcome}`)} <span className="pv-hidden">{title}</span>
        </summary>
        {open && <Comparison runId={runId} number={item.number} compare={compare} />}
      </details>
    </li>
  );
}

function Comparison({ runId, number, compare }: { runId: string; number: number; compare: Compare }) {
  const found = useQuery(comparisonQuery(runId, number));
  if (found.isPending) return <Loading />;
  if (found.isError) return <ErrorState error={found.error} onRetry={() => void found.refetch()} />;
  return compare(found.data.before, found.data.after);
}
