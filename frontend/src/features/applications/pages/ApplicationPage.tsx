import { useQuery, useQueryClient, useSuspenseQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useLive } from "../../../api/live";
import { currentLanguage, useWords } from "../../../i18n";
import { formatDateTime } from "../../../lib/dates";
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
  isOpen,
  processingTimeQuery,
  type Application,
  type TimelineEvent,
} from "../api";
import { actsForFacts } from "../parts/actsFor";
import { Expected } from "../parts/Expected";
import { FeeAsked } from "../parts/FeeAsked";
import { JointDraft } from "../parts/JointDraft";
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
      <WhatNow application={application} />
      {application.state !== "draft" && coApplicant === undefined && (
        <FeeAsked applicationId={applicationId} />
      )}
      <Overview application={application} />
      <section className="pv-stack pv-stack--medium" aria-labelledby="timeline">
        <h2 id="timeline">{t("applications:page.timeline")}</h2>
        <EventList
          applicationId={application.id}
          events={application.timeline}
          citizen={coApplicant === undefined ? t("applications:page.you") : coApplicant.invitedBy || "–"}
        />
      </section>
      {coApplicant !== undefined && isOpen(application) && <p>{t("applications:joint.other.speaks")}</p>}
      {coApplicant === undefined && isOpen(application) && (
        <>
          {application.state !== "question" && (
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
function WhatNow({ application }: { application: Application }) {
  const t = useWords();
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
    return (
      <Alert kind="warning" title={t("applications:page.questionTitle", { authority })}>
        <p className="pv-pre-line">{last("question")?.text}</p>
        {application.coApplicant === undefined && (
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
  applicationId,
  events,
  citizen,
}: {
  applicationId: string;
  events: TimelineEvent[];
  /** What the one who filled in is called. */
  citizen: string;
}) {
  const t = useWords();
  const language = currentLanguage();
  return (
    <Timeline
      items={events.toReversed().map((event) => ({
        id: event.id,
        title: t(`common:event.${event.kind}`),
        meta: [
          formatDateTime(event.at, language),
          event.name ?? (event.by === "citizen" ? citizen : t(`common:author.${event.by}`)),
        ].join(" · "),
        text: event.text,
        more: event.documents !== undefined && (
          <EventDocuments applicationId={applicationId} documents={event.documents} />
        ),
      }))}
    />
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
