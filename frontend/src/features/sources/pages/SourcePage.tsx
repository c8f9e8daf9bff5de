import { useQueryClient, useSuspenseQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useState } from "react";
import { hasRole, sessionQuery } from "../../../api/session";
import { currentLanguage, useWords } from "../../../i18n";
import { formatDateTime } from "../../../lib/dates";
import { Alert } from "../../../ui/Alert";
import { Badge } from "../../../ui/Badge";
import { Breadcrumb } from "../../../ui/Breadcrumb";
import { Button, LinkButton } from "../../../ui/Button";
import { Dialog } from "../../../ui/Dialog";
import { ErrorState } from "../../../ui/ErrorState";
import { Facts, type Fact } from "../../../ui/Facts";
import { Declaration } from "../../../ui/fields/ChoiceFields";
import { Page } from "../../../ui/Page";
import { PageHeading } from "../../../ui/PageHeading";
import { useStatus } from "../../../ui/Status";
import { useAction } from "../../../ui/useAction";
import { deleteSource, isUnderWay, kindsQuery, sourceQuery, startRun, type Source } from "../api";
import { failureOf, healthKinds, healthOf } from "../health";
import { Runs } from "../parts/Runs";

const route = getRouteApi("/editors/redaktion/quellen/$sourceId");

/** A source: how it is doing, when it is collected from, and its runs. */
export default function SourcePage() {
  const t = useWords();
  const { sourceId } = route.useParams();
  const { data: session } = useSuspenseQuery(sessionQuery);
  const { data: read, dataUpdatedAt } = useSuspenseQuery(sourceQuery(sourceId));
  const source = read.data;
  const health = healthOf(source, dataUpdatedAt);
  return (
    <Page>
      <div className="pv-stack pv-stack--small">
        <Breadcrumb
          items={[
            { id: "sources", link: <Link to="/redaktion/quellen">{t("sources:list.title")}</Link> },
            { id: "source", link: source.name },
          ]}
        />
        <div className="pv-row pv-row--between">
          <PageHeading title={source.name} />
          <Badge kind={healthKinds[health]}>{t(`sources:health.${health}`)}</Badge>
        </div>
      </div>
      <Trouble source={source} />
      <About source={source} />
      {hasRole(session, "admin") && <Actions source={source} etag={read.etag} />}
      <section className="pv-stack pv-stack--medium" aria-labelledby="runs-title">
        <h2 id="runs-title">{t("sources:runs.ofSource")}</h2>
        <Runs sourceId={source.id} />
      </section>
    </Page>
  );
}

/** What is wrong with a source and what to do about it. */
function Trouble({ source: { lastRun } }: { source: Source }) {
  const t = useWords();
  if (lastRun?.failure === undefined) return null;
  const failure = failureOf(lastRun.failure);
  return (
    <Alert kind={lastRun.state === "failed" ? "danger" : "warning"} title={t(`sources:failure.${failure}`)}>
      <p>{t(`sources:advice.${failure}`)}</p>
      <p>
        <Link to="/redaktion/quellen/laeufe/$runId" params={{ runId: lastRun.id }}>
          {t("sources:source.toRun")}
        </Link>
      </p>
    </Alert>
  );
}

function About({ source }: { source: Source }) {
  const t = useWords();
  const language = currentLanguage();
  const { data: kinds } = useSuspenseQuery(kindsQuery(language));
  const kind = kinds.find(({ id }) => id === source.kind);
  const when = (moment: string | undefined) => moment && formatDateTime(moment, language);
  const { every, at, weekday } = source.schedule;
  const facts: (Fact | false)[] = [
    { id: "kind", label: t("sources:source.kind"), value: kind?.title ?? source.kind },
    {
      id: "last",
      label: t("sources:source.last"),
      value: when(source.lastRun?.startedAt ?? source.lastRun?.createdAt) ?? t("sources:list.never"),
    },
    {
      id: "success",
      label: t("sources:source.success"),
      value: when(source.succeededAt) ?? t("sources:list.never"),
    },
    {
      id: "next",
      label: t("sources:source.next"),
      value: source.enabled ? (when(source.nextRunAt) ?? t("sources:list.byHand")) : t("sources:list.byHand"),
    },
    {
      id: "schedule",
      label: t("sources:source.schedule"),
      value: t(`sources:rhythm.${every}`, {
        at,
        minute: Number(at.slice(3)),
        day: t(`sources:weekday.${String(weekday) as "1"}`),
      }),
    },
    ...(kind?.fields ?? []).map(({ name, label, type }): Fact | false => {
      const secret = type === "secret" && source.secretsSet.includes(name);
      const value = secret ? t("sources:source.secret") : source.settings[name];
      return value !== undefined && { id: name, label, value: <span className="pv-anywhere">{value}</span> };
    }),
  ];
  return <Facts items={facts.filter((fact) => fact !== false)} />;
}

function Actions({ source, etag }: { source: Source; etag: string }) {
  const t = useWords();
  const status = useStatus();
  const navigate = route.useNavigate();
  const queryClient = useQueryClient();
  const [removing, setRemoving] = useState(false);
  const [beginning, setBeginning] = useState(false);
  const begin = (dryRun: boolean) => async (key: string) => {
    const run = await startRun(source.id, key, dryRun, beginning);
    await navigate({ to: "/redaktion/quellen/laeufe/$runId", params: { runId: run.id } });
  };
  const start = useAction(begin(false));
  const check = useAction(begin(true));
  const remove = useAction(async () => {
    await deleteSource(source.id, etag);
    queryClient.removeQueries({ queryKey: sourceQuery(source.id).queryKey });
    await queryClient.invalidateQueries({ queryKey: ["sources", "list"] });
    await navigate({ to: "/redaktion/quellen" });
    status(t("sources:source.removed"));
  });
  const error = start.error ?? check.error;
  const busy = source.lastRun !== undefined && isUnderWay(source.lastRun);
  return (
    <section className="pv-stack pv-stack--medium" aria-labelledby="actions-title">
      <h2 id="actions-title">{t("sources:source.actions")}</h2>
      {error !== undefined && <ErrorState error={error} />}
      {!source.complete && source.succeededAt !== undefined && (
        <Declaration
          id="from-the-beginning"
          label={t("sources:source.beginning")}
          hint={t("sources:source.beginningHint")}
          checked={beginning}
          onChange={setBeginning}
        />
      )}
      <div className="pv-row">
        <Button busy={start.busy} icon="autorenew" onClick={start.run}>
          {t("sources:source.start")}
        </Button>
        <Button variant="secondary" busy={check.busy} onClick={check.run}>
          {t("sources:source.check")}
        </Button>
        <LinkButton
          to="/redaktion/quellen/$sourceId/bearbeiten"
          params={{ sourceId: source.id }}
          variant="secondary"
          icon="edit"
        >
          {t("sources:source.edit")}
        </LinkButton>
        <Button variant="tertiary" icon="delete" onClick={() => setRemoving(true)}>
          {t("sources:source.remove")}
        </Button>
      </div>
      {removing && (
        <Dialog
          open
          title={t("sources:source.removeTitle", { name: source.name })}
          onClose={() => setRemoving(false)}
          actions={
            <>
              <Button variant="secondary" onClick={() => setRemoving(false)}>
                {t("cancel")}
              </Button>
              <Button busy={remove.busy} onClick={remove.run}>
                {t("sources:source.remove")}
              </Button>
            </>
          }
        >
          <div className="pv-stack pv-stack--medium">
            {remove.error !== undefined && <ErrorState error={remove.error} />}
            <p>{t("sources:source.removeText")}</p>
            {busy && <p>{t("sources:source.removeBusy")}</p>}
          </div>
        </Dialog>
      )}
    </section>
  );
}
