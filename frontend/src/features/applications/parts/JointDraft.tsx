import { useQuery, useQueryClient, useSuspenseQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useRef, useState } from "react";
import { reaches } from "../../../api/identity";
import { ApiProblem } from "../../../api/problem";
import { sessionQuery } from "../../../api/session";
import type { Schemas } from "../../../api/client";
import { AnswersView } from "../../../forms/AnswersView";
import { toAnswers } from "../../../forms/validation";
import { currentLanguage, useWords } from "../../../i18n";
import { formatDateTime } from "../../../lib/dates";
import { focusElement } from "../../../lib/focus";
import { formatMoney } from "../../../lib/money";
import { Alert } from "../../../ui/Alert";
import { Badge } from "../../../ui/Badge";
import { Button } from "../../../ui/Button";
import { Dialog } from "../../../ui/Dialog";
import { ErrorState } from "../../../ui/ErrorState";
import { Facts } from "../../../ui/Facts";
import { Loading } from "../../../ui/Loading";
import { useStatus } from "../../../ui/Status";
import { useAction } from "../../../ui/useAction";
import { applicationQuery, formQuery, type Application } from "../api";
import { coApplicantKinds, coApplicantsQuery, consentTo, leaveApplication, refuseConsent } from "../joint";
import { ProveIdentity } from "./ProveIdentity";

type View = Schemas["CoApplicantView"];

/** A draft that somebody else has filled in: to read, and to consent to or not. */
export function JointDraft({ application, view }: { application: Application; view: View }) {
  const t = useWords();
  const language = currentLanguage();
  const form = useQuery(formQuery(application.formId, application.formVersion));
  const files = new Map(application.attachments.map((file) => [file.id, file.name]));
  const { fee } = application;
  const feeText =
    fee?.amount !== undefined
      ? formatMoney(fee.amount.amount, fee.amount.currency, language)
      : fee?.range !== undefined
        ? t("applications:fee.later", {
            from: formatMoney(fee.range.from.amount, fee.range.from.currency, language),
            to: formatMoney(fee.range.to.amount, fee.range.to.currency, language),
          })
        : undefined;
  return (
    <>
      <HowItStands view={view} />
      <Facts
        items={[
          { id: "by", label: t("applications:joint.other.by"), value: view.invitedBy || "–" },
          {
            id: "office",
            label: t("applications:apply.office"),
            value: `${application.authorityName}, ${application.portal.name}`,
          },
          { id: "place", label: t("applications:apply.place"), value: application.place.name },
          ...(feeText === undefined
            ? []
            : [{ id: "fee", label: t("applications:joint.other.fee"), value: feeText }]),
        ]}
      />
      <section className="pv-stack pv-stack--medium" aria-label={t("applications:joint.other.answers")}>
        {form.isPending && <Loading />}
        {form.isError && <ErrorState error={form.error} onRetry={() => void form.refetch()} />}
        {form.data && (
          <AnswersView
            layout={form.data.layout}
            answers={toAnswers(application.data)}
            language={language}
            showFile={(id) => files.get(id) ?? id}
          />
        )}
      </section>
      <Decide application={application} view={view} />
      <Others applicationId={application.id} />
      <Leave application={application} view={view} />
    </>
  );
}

/** What the person's own answer is, and whether it still counts. */
function HowItStands({ view }: { view: View }) {
  const t = useWords();
  const { state, invitedBy: name } = view;
  if (state === "consented") {
    return (
      <Alert kind="success" title={t("applications:joint.other.consentedTitle")}>
        <p>{t("applications:joint.other.consentedText")}</p>
      </Alert>
    );
  }
  if (state === "lapsed") {
    return (
      <Alert kind="warning" title={t("applications:joint.other.lapsedTitle")}>
        <p>{t("applications:joint.other.lapsedText")}</p>
      </Alert>
    );
  }
  const what =
    state === "refused" ? "refused" : view.contentHash === undefined ? "unfinished" : ("read" as const);
  return (
    <Alert kind="info" title={t(`applications:joint.other.${what}Title`)}>
      <p>{t(`applications:joint.other.${what}Text`, { name })}</p>
    </Alert>
  );
}

/** The words that one consents to, and the two answers. */
function Decide({ application, view }: { application: Application; view: View }) {
  const t = useWords();
  const queryClient = useQueryClient();
  const status = useStatus();
  const heading = useRef<HTMLHeadingElement>(null);
  const { data: session } = useSuspenseQuery(sessionQuery);
  const [changed, setChanged] = useState(false);
  const { queryKey } = applicationQuery(application.id);
  const needed = application.neededTrustLevel;
  const { state, contentHash } = view;
  const done = async (words: string) => {
    setChanged(false);
    status(words);
    await queryClient.invalidateQueries({ queryKey });
    await queryClient.invalidateQueries({ queryKey: ["applications"] });
    focusElement(heading.current); // the button that was pressed may have gone
  };
  const agree = useAction(async () => {
    if (contentHash === undefined) return;
    try {
      await consentTo(application.id, contentHash);
    } catch (error) {
      if (!(error instanceof ApiProblem && error.code === "content-changed")) throw error;
      setChanged(true);
      await queryClient.invalidateQueries({ queryKey });
      return;
    }
    await done(t("applications:joint.other.agreed"));
  });
  const refuse = useAction(async () => {
    await refuseConsent(application.id);
    await done(t("applications:joint.other.refused"));
  });
  const low = agree.error instanceof ApiProblem && agree.error.code === "step-up-needed";
  const enough = reaches(session.trustLevel, needed) && !low;
  const error = low ? refuse.error : (agree.error ?? refuse.error);
  return (
    <section className="pv-stack pv-stack--medium pv-no-print" aria-labelledby="decide">
      <h2 id="decide" ref={heading}>
        {t("applications:joint.other.decide")}
      </h2>
      <blockquote className="pv-quote">{view.consent}</blockquote>
      {changed && (
        <Alert kind="warning" title={t("applications:joint.other.changed")} live>
          <p>{t("applications:joint.other.changedText")}</p>
        </Alert>
      )}
      {needed !== undefined && !enough && state !== "consented" && (
        <ProveIdentity
          level={needed}
          returnTo={`/antraege/${application.id}`}
          save={() => Promise.resolve(true)}
          consents
        />
      )}
      {error !== undefined && <ErrorState error={error} />}
      <div className="pv-actions">
        {state !== "consented" && enough && contentHash !== undefined && (
          <Button busy={agree.busy} onClick={agree.run}>
            {t("applications:joint.other.agree")}
          </Button>
        )}
        {state !== "refused" && (
          <Button variant="secondary" busy={refuse.busy} onClick={refuse.run}>
            {t(
              state === "consented" ? "applications:joint.other.takeBack" : "applications:joint.other.refuse",
            )}
          </Button>
        )}
      </div>
    </section>
  );
}

/** The way out of the draft, after a question. */
function Leave({ application, view }: { application: Application; view: View }) {
  const t = useWords();
  const queryClient = useQueryClient();
  const navigate = useNavigate();
  const status = useStatus();
  const [asking, setAsking] = useState(false);
  const leave = useAction(async () => {
    await leaveApplication(application.id);
    setAsking(false);
    status(t("applications:joint.other.left"));
    await navigate({ to: "/antraege" });
    queryClient.removeQueries({ queryKey: applicationQuery(application.id).queryKey });
    await queryClient.invalidateQueries({ queryKey: ["applications"] });
  });
  return (
    <div className="pv-no-print">
      <Button variant="tertiary" onClick={() => setAsking(true)}>
        {t("applications:joint.other.leave")}
      </Button>
      <Dialog
        open={asking}
        title={t("applications:joint.other.leaveTitle")}
        onClose={() => setAsking(false)}
        actions={
          <>
            <Button variant="secondary" onClick={() => setAsking(false)}>
              {t("common:cancel")}
            </Button>
            <Button busy={leave.busy} onClick={leave.run}>
              {t("applications:joint.other.leaveConfirm")}
            </Button>
          </>
        }
      >
        <p>{t("applications:joint.other.leaveText", { name: view.invitedBy || "–" })}</p>
        {leave.error !== undefined && <ErrorState error={leave.error} />}
      </Dialog>
    </div>
  );
}

/** The others, and whether they have consented. */
function Others({ applicationId }: { applicationId: string }) {
  const t = useWords();
  const language = currentLanguage();
  const list = useQuery(coApplicantsQuery(applicationId));
  if (list.data === undefined || list.data.items.length === 0) return null;
  return (
    <section className="pv-stack pv-stack--small" aria-labelledby="others">
      <h2 id="others">{t("applications:joint.other.others")}</h2>
      <Facts
        items={list.data.items.map(({ id, name, you, state, consentedAt }) => ({
          id,
          label: you === true ? t("applications:joint.other.youMark", { name }) : name,
          value: (
            <>
              <Badge kind={coApplicantKinds[state]}>{t(`applications:joint.state.${state}`)}</Badge>{" "}
              {consentedAt !== undefined && formatDateTime(consentedAt, language)}
            </>
          ),
        }))}
      />
    </section>
  );
}
