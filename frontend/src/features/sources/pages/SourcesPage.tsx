import { useQuery, useSuspenseQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { hasRole, sessionQuery } from "../../../api/session";
import { currentLanguage, useWords } from "../../../i18n";
import { formatDateTime } from "../../../lib/dates";
import { Badge } from "../../../ui/Badge";
import { LinkButton } from "../../../ui/Button";
import { EmptyState } from "../../../ui/EmptyState";
import { ErrorState } from "../../../ui/ErrorState";
import { Loading } from "../../../ui/Loading";
import { Page } from "../../../ui/Page";
import { PageHeading } from "../../../ui/PageHeading";
import { sourcesQuery, type Source } from "../api";
import { failureOf, healthKinds, healthOf } from "../health";
import { Runs } from "../parts/Runs";
import { UploadForm } from "../parts/UploadForm";

/** Where the catalog's entries come from: other systems and files, how each is doing, and what was imported last. */
export default function SourcesPage() {
  const t = useWords();
  const { data: session } = useSuspenseQuery(sessionQuery);
  const list = useQuery(sourcesQuery);
  const may = hasRole(session, "admin");
  return (
    <Page>
      <div className="pv-stack pv-stack--small">
        <PageHeading title={t("sources:list.title")} />
        <p className="pv-text">{t("sources:list.text")}</p>
        {!may && <p className="pv-text">{t("sources:list.readOnly")}</p>}
      </div>
      <section className="pv-stack pv-stack--medium" aria-labelledby="sources-title">
        <h2 id="sources-title">{t("sources:list.sources")}</h2>
        <div className="pv-stack">
          {list.isPending && <Loading />}
          {list.isError && <ErrorState error={list.error} onRetry={() => void list.refetch()} />}
          {list.isSuccess && list.data.length === 0 && (
            <EmptyState title={t("sources:list.none")}>
              <p>{t("sources:list.noneText")}</p>
            </EmptyState>
          )}
          {list.isSuccess && list.data.length > 0 && (
            <ul className="pv-list">
              {list.data.map((source) => (
                <SourceItem key={source.id} source={source} now={list.dataUpdatedAt} />
              ))}
            </ul>
          )}
          {may && (
            <div>
              <LinkButton to="/redaktion/quellen/neu" icon="add">
                {t("sources:list.create")}
              </LinkButton>
            </div>
          )}
        </div>
      </section>
      {may && (
        <section className="pv-stack pv-stack--medium" aria-labelledby="upload-title">
          <h2 id="upload-title">{t("sources:upload.title")}</h2>
          <UploadForm />
        </section>
      )}
      <section className="pv-stack pv-stack--medium" aria-labelledby="runs-title">
        <h2 id="runs-title">{t("sources:runs.title")}</h2>
        <Runs />
      </section>
    </Page>
  );
}

function SourceItem({ source, now }: { source: Source; now: number }) {
  const t = useWords();
  const language = currentLanguage();
  const health = healthOf(source, now);
  const { lastRun, nextRunAt } = source;
  return (
    <li className="pv-case">
      <div className="pv-stack pv-stack--small">
        <h3 className="pv-card-title">
          <Link to="/redaktion/quellen/$sourceId" params={{ sourceId: source.id }}>
            {source.name}
          </Link>
        </h3>
        <p className="pv-small pv-muted">
          {lastRun
            ? t("sources:list.last", {
                when: formatDateTime(lastRun.startedAt ?? lastRun.createdAt, language),
              })
            : t("sources:list.never")}
          {" · "}
          {source.enabled && nextRunAt !== undefined
            ? t("sources:list.next", { when: formatDateTime(nextRunAt, language) })
            : t("sources:list.byHand")}
        </p>
        {lastRun?.failure !== undefined && <Failure code={lastRun.failure} />}
      </div>
      <div className="pv-case__side">
        <Badge kind={healthKinds[health]}>{t(`sources:health.${health}`)}</Badge>
      </div>
    </li>
  );
}

function Failure({ code }: { code: string }) {
  const t = useWords();
  return <p className="pv-small">{t(`sources:failure.${failureOf(code)}`)}</p>;
}
