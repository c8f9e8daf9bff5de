import { useQuery, useQueryClient, useSuspenseQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useEffect, useRef, useState, type ReactNode } from "react";
import { useLive } from "../../../api/live";
import { requestedLabels, RequestedList, SentAnswers, SentFiles } from "../../../forms/Requested";
import { currentLanguage, useWords } from "../../../i18n";
import { formatDate, formatDateTime } from "../../../lib/dates";
import { focusElement } from "../../../lib/focus";
import { formatBytes } from "../../../lib/money";
import { Alert } from "../../../ui/Alert";
import { Badge } from "../../../ui/Badge";
import { Breadcrumb } from "../../../ui/Breadcrumb";
import { LinkButton } from "../../../ui/Button";
import { Facts } from "../../../ui/Facts";
import { Icon } from "../../../ui/Icon";
import { Page } from "../../../ui/Page";
import { PageHeading } from "../../../ui/PageHeading";
import { StateBadge } from "../../../ui/StateBadge";
import { Timeline } from "../../../ui/Timeline";
import { coApplicantKinds, coApplicantsQuery } from "../joint";
import {
  applicationQuery,
  documentAddress,
  formQuery,
  isOpen,
  processingTimeQuery,
  type Application,
  type TimelineEvent,
} from "../api";
import { answersNow, openRequest } from "../request";
import { actsForFacts } from "../parts/actsFor";
import { AnswerForm } from "../parts/AnswerForm";
import { Expected } from "../parts/Expected";
import { FeeAsked } from "../parts/FeeAsked";
import { JointDraft } from "../parts/JointDraft";
import { OwnFile } from "../parts/OwnFile";
import { SubmittedAnswers } from "../parts/SubmittedAnswers";
import { togetherFacts } from "../parts/together";
import { WithdrawButton } from "../parts/WithdrawButton";
import { WriteForm } from "../parts/WriteForm";

const route = getRouteApi("/citizen/personal/antraege/$applicationId");

/** One application: where it is, what happened, what the person can do. Follows changes as they happen. */
export default function ApplicationPage() {
  const t = useWords();
  const { applicationId } = route.useParams();
  const queryClient = useQueryClient();
  const { data: versioned } = useSuspenseQuery(applicationQuery(applicationId));
  const application = versioned.data;
  const { coApplicant } = application;
  const [answered, setAnswered] = useState(0); // how often, since the page is there
  const request = coApplicant === undefined ? openRequest(application) : undefined;
  useLive(`/api/v1/applications/${applicationId}/events`, () => {
    void queryClient.invalidateQueries({ queryKey: applicationQuery(applicationId).queryKey });
  });
  if (coApplicant !== undefined && application.state === "draft") {
    return (
      <Page narrow>
        <Head title={application.serviceTitle}>
          <Badge kind={coApplicantKinds[coApplicant.state]}>
            {t(`applications:joint.listedState.${coApplicant.state}`)}
          </Badge>
        </Head>
        <JointDraft application={application} view={coApplicant} />
      </Page>
    );
  }
  return (
    <Page narrow>
      <Head title={application.serviceTitle}>
        <StateBadge state={application.state} />
      </Head>
      <WhatNow application={application} answered={answered} />
      {request !== undefined && isOpen(application) && (
        <section className="pv-panel pv-stack" aria-labelledby="answer">
          <h2 id="answer">
            {t(
              application.state === "question"
                ? "applications:answer.title"
                : "applications:answer.laterTitle",
            )}
          </h2>
          <AnswerForm
            key={`${request.question.id} ${request.documents.length} ${request.fields.length}`}
            application={application}
            request={request}
            onSent={() => setAnswered((times) => times + 1)}
          />
        </section>
      )}
      {application.state !== "draft" && coApplicant === undefined && (
        <FeeAsked applicationId={applicationId} />
      )}
      <Overview application={application} />
      <section className="pv-stack pv-stack--medium" aria-labelledby="timeline">
        <h2 id="timeline">{t("applications:page.timeline")}</h2>
        <EventList
          application={application}
          citizen={coApplicant === undefined ? t("applications:page.you") : coApplicant.invitedBy || "–"}
        />
      </section>
      {coApplicant !== undefined && isOpen(application) && <p>{t("applications:joint.other.speaks")}</p>}
      {coApplicant === undefined && isOpen(application) && (
        <>
          {application.state !== "question" && request === undefined && (
            <section className="pv-stack pv-stack--medium" aria-labelledby="write">
              <h2 id="write">{t("applications:page.write")}</h2>
              <WriteForm applicationId={applicationId} label={t("applications:page.writeLabel")} />
            </section>
          )}
          <WithdrawButton applicationId={applicationId} />
        </>
      )}
      <SubmittedAnswers application={application} />
    </Page>
  );
}

/** Where the page is, what the application is for, and its state. */
function Head({ title, children }: { title: string; children: ReactNode }) {
  const t = useWords();
  return (
    <>
      <Breadcrumb
        items={[
          { id: "home", link: <Link to="/">{t("common:home")}</Link> },
          { id: "list", link: <Link to="/antraege">{t("applications:list.title")}</Link> },
          { id: "this", link: title },
        ]}
      />
      <div className="pv-stack pv-stack--small">
        <PageHeading title={title} />
        <div role="status">{children}</div>
      </div>
    </>
  );
}

/** What the state means for the person, and what to do next. */
function WhatNow({ application, answered }: { application: Application; answered: number }) {
  const t = useWords();
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (answered > 0) focusElement(place.current); // the form that had the focus is gone
  }, [answered]);
  const { state } = application;
  const authority = application.authorityName;
  const last = (kind: TimelineEvent["kind"]) => application.timeline.findLast((event) => event.kind === kind);
  if (state === "draft") {
    return (
      <div>
        <LinkButton
          to="/antraege/$applicationId/bearbeiten"
          params={{ applicationId: application.id }}
          icon="edit"
        >
          {t("applications:apply.continue")}
        </LinkButton>
      </div>
    );
  }
  if (state === "question") {
    const { text, requested } = last("question") ?? {};
    const words = requested === undefined || requested.documents.length + requested.fields.length === 0;
    return (
      <Alert kind="warning" title={t("applications:page.questionTitle", { authority })}>
        <p className="pv-pre-line">{text}</p>
        {requested?.until !== undefined && (
          <p className="pv-strong">
            {t("applications:answer.until", { day: formatDate(requested.until, currentLanguage()) })}
          </p>
        )}
        {application.coApplicant === undefined && words && (
          <WriteForm applicationId={application.id} label={t("applications:page.answerLabel")} />
        )}
      </Alert>
    );
  }
  if (state === "granted" || state === "refused") {
    return (
      <Alert
        kind={state === "granted" ? "success" : "danger"}
        title={t(`applications:page.${state}Title`, { authority })}
      >
        <p className="pv-pre-line">{last(state)?.text}</p>
      </Alert>
    );
  }
  if (state === "closed" && last("closed")?.text) {
    return (
      <Alert kind="info" title={t("applications:page.closedTitle", { authority })}>
        <p className="pv-pre-line">{last("closed")?.text}</p>
      </Alert>
    );
  }
  if (answered > 0) {
    return (
      <div ref={place}>
        <Alert kind="success" title={t("applications:answer.sentTitle", { authority })}>
          <p>{t("applications:answer.sentText")}</p>
        </Alert>
      </div>
    );
  }
  if (state === "withdrawn" && application.coApplicant !== undefined) {
    return <p>{t("applications:joint.other.withdrawn")}</p>;
  }
  return <p>{t(`applications:page.means.${state}`, { authority })}</p>;
}

function Overview({ application }: { application: Application }) {
  const t = useWords();
  const language = currentLanguage();
  const { number, submittedAt, coApplicant } = application;
  const together = useQuery({
    ...coApplicantsQuery(application.id),
    enabled: application.joint === true && submittedAt !== undefined,
  });
  const { data: usual } = useQuery({
    ...processingTimeQuery(application.serviceId, application.place.ars),
    enabled: isOpen(application),
  });
  return (
    <div className="pv-stack pv-stack--medium">
      <Facts
        items={[
          ...(number === undefined
            ? []
            : [
                {
                  id: "number",
                  label: t("applications:page.number"),
                  value: <span className="pv-number">{number}</span>,
                },
              ]),
          {
            id: "office",
            label: t("applications:apply.office"),
            value: `${application.authorityName}, ${application.portal.name}`,
          },
          { id: "place", label: t("applications:apply.place"), value: application.place.name },
          ...actsForFacts(application.actsFor, t),
          ...(coApplicant === undefined
            ? []
            : [{ id: "by", label: t("applications:joint.other.by"), value: coApplicant.invitedBy || "–" }]),
          ...togetherFacts(together.data?.items, t),
          ...(submittedAt === undefined
            ? []
            : [
                {
                  id: "at",
                  label: t("applications:page.submittedAt"),
                  value: formatDateTime(submittedAt, language),
                },
              ]),
          ...(usual === undefined || usual === null || submittedAt === undefined || !isOpen(application)
            ? []
            : [
                {
                  id: "usual",
                  label: t("applications:page.expected.title"),
                  value: (
                    <Expected
                      usual={usual}
                      submittedAt={submittedAt}
                      waits={application.state === "question"}
                    />
                  ),
                },
              ]),
        ]}
      />
      {application.actsFor?.kind === "power" && submittedAt !== undefined && (
        <p className="pv-small pv-muted">{t("applications:acting.both")}</p>
      )}
      {submittedAt !== undefined && (
        <div className="pv-no-print">
          <Link to="/antraege/$applicationId/quittung" params={{ applicationId: application.id }}>
            {t("applications:page.receipt")}
          </Link>
        </div>
      )}
    </div>
  );
}

function EventList({
  application,
  citizen,
}: {
  application: Application;
  /** What the one who filled in is called. */
  citizen: string;
}) {
  const t = useWords();
  const language = currentLanguage();
  return (
    <Timeline
      items={application.timeline.toReversed().map((event) => ({
        id: event.id,
        title: t(`common:event.${event.kind}`),
        meta: [
          formatDateTime(event.at, language),
          event.name ?? (event.by === "citizen" ? citizen : t(`common:author.${event.by}`)),
        ].join(" · "),
        text: event.text,
        more: <WithEvent application={application} event={event} />,
      }))}
    />
  );
}

/** What came with an event: files of the authority, what it asked for, and what was sent for that. */
function WithEvent({ application, event }: { application: Application; event: TimelineEvent }) {
  const language = currentLanguage();
  const { documents, requested, attachments = [], values = [] } = event;
  const form = useQuery({
    ...formQuery(application.formId, application.formVersion),
    enabled: values.length > 0 || (requested?.fields.length ?? 0) > 0,
  });
  const layout = form.data?.layout;
  return (
    <>
      {documents !== undefined && <EventDocuments applicationId={application.id} documents={documents} />}
      {requested !== undefined && <RequestedList requested={requested} layout={layout} language={language} />}
      {attachments.length > 0 && (
        <SentFiles
          files={attachments}
          labels={requestedLabels(application.timeline)}
          show={(file) => <OwnFile application={application} file={file} />}
        />
      )}
      {layout !== undefined && values.length > 0 && (
        <SentAnswers
          changes={answersNow(application).byEvent.get(event.id) ?? []}
          layout={layout}
          language={language}
          withBefore={application.contentKept}
        />
      )}
    </>
  );
}

/** Files that came with an event. */
function EventDocuments({
  applicationId,
  documents,
}: {
  applicationId: string;
  documents: NonNullable<TimelineEvent["documents"]>;
}) {
  const t = useWords();
  const language = currentLanguage();
  return (
    <ul className="pv-timeline__documents" aria-label={t("applications:page.documents")}>
      {documents.map((file) => (
        <li key={file.id}>
          {file.available === false ? (
            <span className="pv-muted">{t("applications:page.documentPending", { name: file.name })}</span>
          ) : (
            <>
              <Icon name="download" size="small" />
              <a href={documentAddress(applicationId, file.id)} download>
                {file.name}
              </a>{" "}
              <span className="pv-muted pv-nowrap">({formatBytes(file.size, language)})</span>
            </>
          )}
        </li>
      ))}
    </ul>
  );
}
