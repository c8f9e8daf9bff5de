import { useQuery, useQueryClient, useSuspenseQuery } from "@tanstack/react-query";
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import type { Schemas } from "../../../api/client";
import { useLive } from "../../../api/live";
import { AnswersView } from "../../../forms/AnswersView";
import { corrected } from "../../../forms/corrections";
import { requestedLabels, RequestedList, SentAnswers, SentFiles } from "../../../forms/Requested";
import { toAnswers } from "../../../forms/validation";
import { currentLanguage, useWords } from "../../../i18n";
import { formatDate, formatDateTime } from "../../../lib/dates";
import { focusElement } from "../../../lib/focus";
import { formatBytes } from "../../../lib/money";
import { Breadcrumb } from "../../../ui/Breadcrumb";
import { ErrorState } from "../../../ui/ErrorState";
import { Facts } from "../../../ui/Facts";
import { Loading } from "../../../ui/Loading";
import { Page } from "../../../ui/Page";
import { PageHeading } from "../../../ui/PageHeading";
import { StateBadge } from "../../../ui/StateBadge";
import { Timeline } from "../../../ui/Timeline";
import { caseAttachmentAddress, caseFormQuery, caseQuery, decisionPaperAddress, type Case } from "../api";
import { CaseActions } from "../parts/CaseActions";
import { Fees } from "../parts/Fees";
import { Keeping } from "../parts/Keeping";
import { Keys } from "../parts/Keys";
import { Neighbours } from "../parts/Neighbours";
import { Notes } from "../parts/Notes";
import { Plan } from "../parts/Plan";
import { useShortcut } from "../shortcuts";
import { useWalk } from "../walk";

const route = getRouteApi("/desk/staff/mitarbeit/vorgaenge/$caseId");

type Attachment = Case["attachments"][number];

/** A case: what was asked for, with what documents, what happened, and what the clerk can do. */
export default function CasePage() {
  const { caseId } = route.useParams();
  return <CaseView key={caseId} caseId={caseId} />; // what is open or half written at one case is not at the next
}

function CaseView({ caseId }: { caseId: string }) {
  const t = useWords();
  const queryClient = useQueryClient();
  const navigate = useNavigate();
  const place = useWalk(caseId);
  const { data: item } = useSuspenseQuery(caseQuery(caseId));
  useLive("/api/v1/cases/events", () => {
    void queryClient.invalidateQueries({ queryKey: caseQuery(caseId).queryKey });
  });
  const title = `${item.serviceTitle}: ${item.applicantName}`;
  const list = { to: "/mitarbeit", search: place?.search ?? {} } as const;
  const listKeys = useShortcut("list", () => void navigate(list));
  useShortcut("answers", () => focusElement(document.getElementById("answers")));
  return (
    <Page>
      <div className="pv-row pv-row--between">
        <Breadcrumb
          items={[
            {
              id: "inbox",
              link: (
                <Link {...list} aria-keyshortcuts={listKeys}>
                  {t("cases:inbox.title")}
                </Link>
              ),
            },
            { id: "this", link: item.number },
          ]}
        />
        <div className="pv-row pv-case-ways">
          {place !== undefined && <Neighbours place={place} />}
          <Keys />
        </div>
      </div>
      <div className="pv-stack pv-stack--small">
        <PageHeading title={title} />
        <div className="pv-row" role="status">
          <StateBadge state={item.state} label={t(`cases:state.${item.state}`)} />
          <span className="pv-nowrap">{item.number}</span>
        </div>
      </div>
      <div className="pv-columns">
        <div className="pv-stack pv-stack--large">
          <CaseActions item={item} />
          <DecisionSent item={item} />
          <Answers item={item} />
          <Attachments item={item} />
          <Notes item={item} />
        </div>
        <aside className="pv-stack pv-stack--large" aria-label={t("cases:page.about")}>
          <Plan item={item} />
          <Fees item={item} />
          <CaseFacts item={item} />
          <Keeping item={item} />
          <section className="pv-stack pv-stack--medium">
            <h2>{t("cases:page.timeline")}</h2>
            <CaseTimeline item={item} />
          </section>
        </aside>
      </div>
    </Page>
  );
}

const actsForLabel = (kind: Schemas["ActingKind"] | undefined) =>
  kind === "power" ? "cases:page.byPower" : kind === "help" ? "cases:page.byHelp" : "cases:page.actsFor";

function CaseFacts({ item }: { item: Case }) {
  const t = useWords();
  return (
    <section className="pv-stack pv-stack--small">
      <h2>{t("cases:page.about")}</h2>
      <dl className="pv-facts pv-facts--narrow">
        <div>
          <dt>{t("cases:page.receivedAt")}</dt>
          <dd>{formatDateTime(item.receivedAt, currentLanguage())}</dd>
        </div>
        <div>
          <dt>{t("cases:page.origin")}</dt>
          <dd>{item.origin.name}</dd>
        </div>
        <div>
          <dt>{t("cases:page.organisation")}</dt>
          <dd>{item.organisationName}</dd>
        </div>
        <div>
          <dt>{t("cases:page.place")}</dt>
          <dd>{item.place.name}</dd>
        </div>
        {item.actsFor !== undefined && (
          <div>
            <dt>{t(actsForLabel(item.actsFor.kind))}</dt>
            <dd>
              {item.actsFor.kind === "power"
                ? t("cases:page.byPowerValue", { person: item.actsFor.person, name: item.actsFor.name })
                : item.actsFor.person}
            </dd>
          </div>
        )}
        {item.coApplicants?.map(({ name, consentedAt, trustLevel, contentHash }) => (
          <div key={`${name} ${consentedAt}`}>
            <dt>{t("cases:page.together")}</dt>
            <dd title={contentHash}>
              {t("cases:page.togetherValue", {
                name,
                when: formatDateTime(consentedAt, currentLanguage()),
                level: t(`cases:trust.${trustLevel}`),
              })}
            </dd>
          </div>
        ))}
        <div>
          <dt>{t("cases:page.trustLevel")}</dt>
          <dd>{t(`cases:trust.${item.trustLevel}`)}</dd>
        </div>
      </dl>
    </section>
  );
}

function Answers({ item }: { item: Case }) {
  const t = useWords();
  const form = useQuery(caseFormQuery(item.formId, item.formVersion));
  const names = new Map(item.attachments.map((file) => [file.id, file.name]));
  const now = corrected(toAnswers(item.data), item.timeline);
  if (form.isPending) return <Loading />;
  if (form.isError) return <ErrorState error={form.error} onRetry={() => void form.refetch()} />;
  return (
    <section id="answers" aria-label={t("cases:page.answers")}>
      <AnswersView
        layout={form.data.layout}
        answers={now.answers}
        corrections={now.corrections}
        language={currentLanguage()}
        showFile={(id) => names.get(id) ?? id}
      />
    </section>
  );
}

/** All files of a case: those of the application first, then what was sent for questions, under what was asked for. */
function Attachments({ item }: { item: Case }) {
  const t = useWords();
  const all = new Map<string, Attachment>();
  for (const event of item.timeline) for (const file of event.attachments ?? []) all.set(file.id, file);
  for (const file of item.attachments) all.set(file.id, file);
  const files = [...all.values()];
  if (files.length === 0) return null;
  const own = files.filter(({ field }) => !field.startsWith("#"));
  const asked = [...requestedLabels(item.timeline)].flatMap(([field, label]) => {
    const sent = files.filter((file) => file.field === field);
    return sent.length === 0 ? [] : [{ field, label, sent }];
  });
  return (
    <section className="pv-stack pv-stack--small">
      <h2>{t("cases:page.attachments")}</h2>
      {own.length > 0 && <FileFacts item={item} files={own} />}
      {asked.map(({ field, label, sent }) => (
        <div key={field} className="pv-stack pv-stack--small pv-answers__item">
          <h3>{label}</h3>
          <FileFacts item={item} files={sent} />
        </div>
      ))}
    </section>
  );
}

function FileFacts({ item, files }: { item: Case; files: Attachment[] }) {
  const t = useWords();
  const language = currentLanguage();
  return (
    <Facts
      items={files.map((file) => ({
        id: file.id,
        label: <FileLink item={item} file={file} />,
        value:
          file.available === false ? (
            <span className="pv-muted">
              {file.check === "refused" ? t("cases:page.harmful") : t("cases:page.notFetched")}
            </span>
          ) : (
            <>
              {formatBytes(file.size, language)}
              <ViewFile item={item} file={file} />
              {file.origin !== undefined && <Origin origin={file.origin} />}
            </>
          ),
      }))}
    />
  );
}

function FileLink({ item, file }: { item: Case; file: Attachment }) {
  if (file.available === false) return <>{file.name}</>;
  return (
    <a href={caseAttachmentAddress(item.id, file.id)} download>
      {file.name}
    </a>
  );
}

function ViewFile({ item, file }: { item: Case; file: Attachment }) {
  if (file.available === false || !looksAt.test(file.name)) return null;
  return <View address={caseAttachmentAddress(item.id, file.id)} name={file.name} />;
}

/** Kinds of files that browsers show; the server looks at the content. */
const looksAt = /\.(pdf|jpe?g|png)$/i;

/** Opens a file beside this page, to be looked at without downloading it. */
function View({ address, name }: { address: string; name: string }) {
  const t = useWords();
  return (
    <>
      {" · "}
      <a href={`${address}?view=true`} target="_blank" rel="noreferrer">
        {t("cases:page.view")}
        <span className="pv-hidden"> {t("cases:page.viewName", { name })}</span>
      </a>
    </>
  );
}

/** The decision as it went out, and whether it was opened. */
function DecisionSent({ item }: { item: Case }) {
  const t = useWords();
  const language = currentLanguage();
  const paper = item.decision;
  if (paper === undefined) return null;
  return (
    <section className="pv-stack pv-stack--small">
      <h2>{t("cases:paper.title")}</h2>
      <Facts
        items={[
          {
            id: "file",
            label: t("cases:paper.file"),
            value: (
              <>
                <a href={decisionPaperAddress(item.id)} download>
                  {paper.name}
                </a>{" "}
                ({formatBytes(paper.size, language)})
                <View address={decisionPaperAddress(item.id)} name={paper.name} />
              </>
            ),
          },
          { id: "sent", label: t("cases:paper.sent"), value: formatDateTime(paper.at, language) },
          {
            id: "opened",
            label: t("cases:paper.opened"),
            value:
              paper.openedAt === undefined
                ? t("cases:paper.notOpened")
                : formatDateTime(paper.openedAt, language),
          },
          {
            id: "hash",
            label: t("cases:paper.hash"),
            value: <span className="pv-hash">{paper.sha256}</span>,
          },
        ]}
      />
    </section>
  );
}

/** Says of an attachment from which safe it comes, and who wrote it when it is a letter. */
function Origin({ origin }: { origin: NonNullable<Case["attachments"][number]["origin"]> }) {
  const t = useWords();
  const language = currentLanguage();
  const day = (at: string) => formatDate(at.slice(0, 10), language);
  return (
    <span className="pv-small pv-muted">
      {" · "}
      {origin.letter === undefined
        ? t("cases:page.fromSafe", { home: origin.accountHome, when: day(origin.since) })
        : t("cases:page.letterFromSafe", {
            home: origin.accountHome,
            sender: origin.letter.sender,
            when: day(origin.letter.at),
          })}
    </span>
  );
}

function CaseTimeline({ item }: { item: Case }) {
  const t = useWords();
  const language = currentLanguage();
  return (
    <Timeline
      items={item.timeline.toReversed().map((event) => ({
        id: event.id,
        title: t(`cases:event.${event.kind}`),
        meta: [
          formatDateTime(event.at, language),
          event.name ?? (event.by === "citizen" ? item.applicantName : t(`common:author.${event.by}`)),
        ].join(" · "),
        text: event.text,
        more: <WithEvent item={item} event={event} />,
      }))}
    />
  );
}

/** What was asked for with an event, and what was sent for that. */
function WithEvent({ item, event }: { item: Case; event: Case["timeline"][number] }) {
  const language = currentLanguage();
  const layout = useQuery(caseFormQuery(item.formId, item.formVersion)).data?.layout;
  const { requested, attachments = [] } = event;
  const now = new Map(item.attachments.map((file) => [file.id, file]));
  const changes = corrected(toAnswers(item.data), item.timeline).byEvent.get(event.id) ?? [];
  return (
    <>
      {requested !== undefined && <RequestedList requested={requested} layout={layout} language={language} />}
      {attachments.length > 0 && (
        <SentFiles
          files={attachments.map((file) => now.get(file.id) ?? file)}
          labels={requestedLabels(item.timeline)}
          show={(file) => (
            <>
              <FileLink item={item} file={file} />
              <ViewFile item={item} file={file} />
            </>
          )}
        />
      )}
      {layout !== undefined && changes.length > 0 && (
        <SentAnswers changes={changes} layout={layout} language={language} withBefore />
      )}
    </>
  );
}
