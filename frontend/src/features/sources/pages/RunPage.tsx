import { useSuspenseQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { hasRole, sessionQuery } from "../../../api/session";
import { currentLanguage, useWords } from "../../../i18n";
import { formatDateTime } from "../../../lib/dates";
import { Alert } from "../../../ui/Alert";
import { Breadcrumb } from "../../../ui/Breadcrumb";
import { Facts, type Fact } from "../../../ui/Facts";
import { Page } from "../../../ui/Page";
import { PageHeading } from "../../../ui/PageHeading";
import { isUnderWay, runQuery, type Run } from "../api";
import { failureOf } from "../health";
import { Differences, type Compare } from "../parts/Differences";
import { kindLabel } from "../parts/kindLabel";
import { Notes } from "../parts/Notes";
import { RunActions } from "../parts/RunActions";
import { RunBadges } from "../parts/Runs";

const route = getRouteApi("/editors/redaktion/quellen/laeufe/$runId");

/** A run: how far it is while it is under way, and then what came of it. `compare` shows an entry before and after. */
export function RunPage({ compare }: { compare: Compare }) {
  const t = useWords();
  const { runId } = route.useParams();
  const { data: session } = useSuspenseQuery(sessionQuery);
  const { data: run } = useSuspenseQuery(runQuery(runId));
  const title = t(run.action === "undo" ? "sources:run.undoTitle" : "sources:run.title", { name: run.title });
  return (
    <Page>
      <div className="pv-stack pv-stack--small">
        <Breadcrumb
          items={[
            { id: "sources", link: <Link to="/redaktion/quellen">{t("sources:list.title")}</Link> },
            ...(run.sourceId === undefined
              ? []
              : [
                  {
                    id: "source",
                    link: (
                      <Link to="/redaktion/quellen/$sourceId" params={{ sourceId: run.sourceId }}>
                        {run.title}
                      </Link>
                    ),
                  },
                ]),
            { id: "run", link: t("sources:run.short") },
          ]}
        />
        <PageHeading key={run.id} title={title} />
        <div className="pv-row">
          <RunBadges run={run} />
        </div>
        <Progress run={run} />
      </div>
      <Outcome run={run} />
      {hasRole(session, "admin") && <RunActions key={run.id} run={run} />}
      <About run={run} />
      {run.counts.length > 0 && (
        <section className="pv-stack pv-stack--medium" aria-labelledby="counts-title">
          <h2 id="counts-title">{t(run.dryRun ? "sources:counts.would" : "sources:counts.title")}</h2>
          <Counts run={run} />
        </section>
      )}
      {run.skipped + run.warnings > 0 && (
        <section className="pv-stack pv-stack--medium" aria-labelledby="notes-title">
          <h2 id="notes-title">{t("sources:notes.title")}</h2>
          <p>{t("sources:notes.counts", { skipped: run.skipped, warnings: run.warnings })}</p>
          <Notes key={`${run.id} ${run.finishedAt ?? ""}`} run={run} />
        </section>
      )}
      {run.differences > 0 && (
        <section className="pv-stack pv-stack--medium" aria-labelledby="differences-title">
          <h2 id="differences-title">
            {t(run.dryRun ? "sources:differences.would" : "sources:differences.title")}
          </h2>
          <Differences key={`${run.id} ${run.finishedAt ?? ""}`} run={run} compare={compare} />
        </section>
      )}
    </Page>
  );
}

/** How far a run is. What is read out is only what the state is, as the figures change all the time. */
function Progress({ run }: { run: Run }) {
  const t = useWords();
  const applying = run.state === "applying";
  return (
    <div className="pv-stack pv-stack--small pv-text">
      {isUnderWay(run) && (
        <>
          <progress
            className="pv-progress"
            aria-label={t("sources:run.progress")}
            max={applying ? Math.max(run.read, 1) : undefined}
            value={applying ? run.applied : undefined}
          />
          <p className="pv-small">
            {applying
              ? t("sources:run.applying", { applied: run.applied, read: run.read })
              : t("sources:run.reading", { count: run.read })}
          </p>
        </>
      )}
      <p className={isUnderWay(run) ? undefined : "pv-hidden"} role="status">
        {t(`sources:says.${run.state}`)}
      </p>
    </div>
  );
}

/** What came of a run, in words, and what can be done about it. */
function Outcome({ run }: { run: Run }) {
  const t = useWords();
  if (run.failure !== undefined && run.state !== "cancelled") {
    const failure = failureOf(run.failure);
    return (
      <Alert kind={run.state === "failed" ? "danger" : "warning"} title={t(`sources:failure.${failure}`)}>
        <p>{t(`sources:advice.${failure}`)}</p>
        {run.state === "held" && <p>{t("sources:run.held", { lost: run.lost, had: run.had })}</p>}
        {run.state === "failed" && <p>{t("sources:run.nothingChanged")}</p>}
        {run.detail !== undefined && (
          <p className="pv-small pv-anywhere" lang="en">
            {run.detail}
          </p>
        )}
      </Alert>
    );
  }
  if (run.state === "checked") return <Alert kind="info" title={t("sources:run.checked")} level={0} />;
  if (run.state === "done" && run.differences === 0)
    return <Alert kind="success" title={t("sources:run.nothingNew")} level={0} />;
  return null;
}

function About({ run }: { run: Run }) {
  const t = useWords();
  const language = currentLanguage();
  const facts: (Fact | undefined)[] = [
    {
      id: "begun",
      label: t("sources:run.begun"),
      value: formatDateTime(run.startedAt ?? run.createdAt, language),
    },
    run.finishedAt === undefined
      ? undefined
      : { id: "ended", label: t("sources:run.ended"), value: formatDateTime(run.finishedAt, language) },
    {
      id: "by",
      label: t("sources:run.by"),
      value: run.startedBy ?? t(run.byCommand ? "sources:run.byCommand" : "sources:run.bySchedule"),
    },
    { id: "read", label: t("sources:run.read"), value: new Intl.NumberFormat(language).format(run.read) },
    run.complete && run.action === "import"
      ? { id: "complete", label: t("sources:run.scope"), value: t("sources:run.complete") }
      : undefined,
  ];
  return <Facts items={facts.filter((fact) => fact !== undefined)} />;
}

const columns = ["added", "changed", "unchanged", "deleted", "unknown"] as const;

function Counts({ run }: { run: Run }) {
  const t = useWords();
  const number = new Intl.NumberFormat(currentLanguage());
  return (
    // A table that is wider than the screen scrolls, also by keyboard.
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <div className="pv-table-scroll" role="group" aria-labelledby="counts-title" tabIndex={0}>
      <table className="kern-table">
        <thead className="kern-table__head">
          <tr className="kern-table__row">
            <th scope="col" className="kern-table__header">
              {t("sources:counts.kind")}
            </th>
            {columns.map((column) => (
              <th key={column} scope="col" className="kern-table__header kern-table__header--numeric">
                {t(`sources:counts.${column}`)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody className="kern-table__body">
          {run.counts.map((counts) => (
            <tr key={counts.kind} className="kern-table__row">
              <th scope="row" className="kern-table__header">
                {kindLabel(counts.kind, t)}
              </th>
              {columns.map((column) => (
                <td key={column} className="kern-table__cell kern-table__cell--numeric">
                  {number.format(column === "added" ? counts.added + counts.handedOn : counts[column])}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
