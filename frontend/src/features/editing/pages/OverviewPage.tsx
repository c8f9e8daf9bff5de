import { useInfiniteQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useWords } from "../../../i18n";
import { defined } from "../../../lib/defined";
import { Badge, type BadgeKind } from "../../../ui/Badge";
import { EmptyState } from "../../../ui/EmptyState";
import { ErrorState } from "../../../ui/ErrorState";
import { Loading } from "../../../ui/Loading";
import { LoadMore } from "../../../ui/LoadMore";
import { Page } from "../../../ui/Page";
import { PageHeading } from "../../../ui/PageHeading";
import { tasksQuery, type Task, type TaskKind } from "../api";
import { languageLabel } from "../content/labels";
import { areaNames, areaOf } from "../kinds";

const route = getRouteApi("/editors/redaktion");

const kinds: Record<TaskKind, BadgeKind> = {
  review: "warning",
  returned: "warning",
  notReleased: "danger",
  conflict: "warning",
  brokenReference: "danger",
  expired: "danger",
  expiring: "warning",
  missingLanguage: "info",
  stale: "info",
  noCompetence: "info",
};
const taskKinds = Object.keys(kinds) as TaskKind[];

/** Where editors begin: the areas of the catalog, and what should be looked at. */
export default function OverviewPage() {
  const t = useWords();
  const { aufgabe } = route.useSearch();
  const task = taskKinds.find((candidate) => candidate === aufgabe);
  const tasks = useInfiniteQuery(tasksQuery(task));
  const items = tasks.data?.pages.flatMap((page) => page.items) ?? [];
  const counts = tasks.data?.pages[0]?.counts ?? {};
  return (
    <Page>
      <div className="pv-stack pv-stack--small">
        <PageHeading title={t("editing:overview.title")} />
        <p className="pv-text">{t("editing:overview.text")}</p>
      </div>
      <nav aria-label={t("editing:area.label")}>
        <ul className="pv-filters">
          {areaNames.map((area) => (
            <li key={area}>
              <Link to="/redaktion/$area" params={{ area }}>
                {t(`editing:area.${area}`)}
              </Link>
            </li>
          ))}
        </ul>
      </nav>
      <section className="pv-stack pv-stack--medium" aria-labelledby="tasks-title">
        <h2 id="tasks-title">{t("editing:overview.tasks")}</h2>
        <nav aria-label={t("editing:overview.filter")}>
          <ul className="pv-filters">
            <li>
              <Link to="/redaktion" activeOptions={{ exact: true }}>
                {t("editing:list.all")}
              </Link>
            </li>
            {taskKinds
              .filter((kind) => (counts[kind] ?? 0) > 0 || kind === task)
              .map((kind) => (
                <li key={kind}>
                  <Link to="/redaktion" search={defined({ aufgabe: kind })} activeOptions={{ exact: true }}>
                    {t(`editing:task.${kind}`)} <span>({counts[kind] ?? 0})</span>
                  </Link>
                </li>
              ))}
          </ul>
        </nav>
        <div className="pv-stack" aria-busy={tasks.isFetching}>
          {tasks.isPending && <Loading />}
          {tasks.isError && <ErrorState error={tasks.error} onRetry={() => void tasks.refetch()} />}
          {tasks.isSuccess && items.length === 0 && <EmptyState title={t("editing:overview.nothing")} />}
          {items.length > 0 && (
            <ul className="pv-list">
              {items.map((item) => (
                <TaskItem key={`${item.task} ${item.id} ${item.detail ?? ""}`} item={item} />
              ))}
            </ul>
          )}
          {tasks.hasNextPage && (
            <div>
              <LoadMore busy={tasks.isFetchingNextPage} onClick={() => void tasks.fetchNextPage()} />
            </div>
          )}
        </div>
      </section>
    </Page>
  );
}

function TaskItem({ item }: { item: Task }) {
  const t = useWords();
  const area = areaOf(item.kind);
  const detail = item.task === "missingLanguage" ? languageLabel(item.detail ?? "", t) : item.detail;
  return (
    <li className="pv-case">
      <div className="pv-stack pv-stack--small">
        <h3 className="pv-card-title">
          <Link to="/redaktion/$area/$entryId" params={{ area, entryId: item.id }}>
            {item.title === "" ? t("editing:list.untitled") : item.title}
          </Link>
        </h3>
        <p className="pv-small pv-muted">{[t(`editing:area.${area}`), detail].filter(Boolean).join(" · ")}</p>
      </div>
      <div className="pv-case__side">
        <Badge kind={kinds[item.task]}>{t(`editing:task.${item.task}`)}</Badge>
      </div>
    </li>
  );
}
