import { useQuery, useQueryClient, useSuspenseQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { reaches } from "../../../api/identity";
import { ApiProblem, hasStatus } from "../../../api/problem";
import { sessionQuery } from "../../../api/session";
import { AnswersView } from "../../../forms/AnswersView";
import { StepProgress } from "../../../forms/FormStep";
import { toFormErrors } from "../../../forms/messages";
import { pointerParts } from "../../../forms/pointers";
import type { FormError } from "../../../forms/validation";
import { currentLanguage, useWords } from "../../../i18n";
import { formatMoney } from "../../../lib/money";
import { Button, LinkButton } from "../../../ui/Button";
import { ErrorState } from "../../../ui/ErrorState";
import { Page } from "../../../ui/Page";
import { PageHeading } from "../../../ui/PageHeading";
import { useAction } from "../../../ui/useAction";
import { Alert } from "../../../ui/Alert";
import {
  feeQuery,
  keepAnswers,
  keepApplication,
  submitApplication,
  type Application,
  type VersionedApplication,
} from "../api";
import { actedFor } from "./ActingNeeded";
import { AnotherDevice } from "./AnotherDevice";
import { CoApplicants } from "./CoApplicants";
import { HandOver } from "./HandOver";
import { KeepOffer, useKeepOffer } from "./KeepOffer";
import { ProveIdentity } from "./ProveIdentity";
import { SaveLine } from "./SaveLine";
import type { Draft } from "./useDraft";

/** The last step: all answers to check, and the button that submits once. */
export function ReviewStep({
  application,
  work,
  onStep,
}: {
  application: Application;
  work: Draft;
  onStep: (stepId: string) => void;
}) {
  const t = useWords();
  const queryClient = useQueryClient();
  const navigate = useNavigate();
  const { form, files } = work;
  const { steps } = form.definition.layout;
  const last = steps.at(-1);
  const total = steps.length + 1;
  const { data: session } = useSuspenseQuery(sessionQuery);
  const needed = application.neededTrustLevel;

  /** Leads to the first step with an error and shows the errors of that step there. */
  const leadTo = (errors: FormError[]) => {
    const stepId = pointerParts(errors[0]?.pointer ?? "")[0];
    if (stepId === undefined) return;
    form.showErrors(errors.filter((error) => pointerParts(error.pointer)[0] === stepId));
    onStep(stepId);
  };
  const other = actedFor(application);
  const keep = useKeepOffer(form, application.serviceId, other === undefined);
  const fee = useQuery(feeQuery(application.id, work.flush));
  const amount = fee.data?.amount;
  const range = fee.data?.range;
  const submit = useAction(async () => {
    const wrong = form.findErrors();
    if (wrong.length > 0) {
      leadTo(wrong);
      return;
    }
    if (!(await work.flush())) return;
    let submitted: VersionedApplication;
    try {
      submitted = await submitApplication(application.id, amount?.amount, work.submitKey());
    } catch (error) {
      if (error instanceof ApiProblem && error.code === "fee-changed") await fee.refetch();
      const refused = hasStatus(error, 422) ? toFormErrors(error.errors) : [];
      if (refused.length === 0) throw error;
      leadTo(refused);
      return;
    }
    if (keep.chosen !== undefined) {
      // The application is on its way; that answers could not be kept must not look like a failure of it.
      await keepAnswers(application.serviceId, keep.chosen).catch(() => undefined);
      await queryClient.invalidateQueries({ queryKey: ["profile"] });
    }
    await navigate({
      to: "/antraege/$applicationId/quittung",
      params: { applicationId: application.id },
      replace: true,
    });
    keepApplication(queryClient, submitted);
  });
  const code = submit.error instanceof ApiProblem ? submit.error.code : undefined;
  const refused = code === "step-up-needed";
  const withoutConsents = code === "consents-missing";
  const helps = other?.kind === "help";
  const enough = helps || (reaches(session.trustLevel, needed) && !refused);
  return (
    <Page narrow>
      <div className="pv-steps">
        <p className="pv-muted">{application.serviceTitle}</p>
        <PageHeading title={t("applications:review.title")} />
        <StepProgress number={total} total={total} />
      </div>
      <AnswersView
        layout={form.definition.layout}
        answers={form.toSend}
        language={currentLanguage()}
        showFile={(id) => files.known.get(id)?.name ?? id}
        changeLink={(stepId, title) => (
          <Link
            to="/antraege/$applicationId/bearbeiten"
            params={{ applicationId: application.id }}
            search={{ schritt: stepId }}
          >
            {t("common:change")} <span className="pv-hidden">– {title}</span>
          </Link>
        )}
      />
      {other === undefined && application.actsFor?.kind === "help" && (
        <p>{t("applications:acting.prepared", { person: application.actsFor.person })}</p>
      )}
      {other === undefined && <KeepOffer offer={keep} />}
      {amount !== undefined && (
        <Alert
          kind="info"
          title={t("applications:fee.title", {
            amount: formatMoney(amount.amount, amount.currency, currentLanguage()),
          })}
        >
          <p>{[fee.data?.purpose, fee.data?.legalBasis].filter(Boolean).join(". ")}</p>
          <p>{t("applications:fee.text")}</p>
        </Alert>
      )}
      {range !== undefined && (
        <Alert kind="info" title={t("applications:fee.laterTitle")}>
          <p>{[fee.data?.purpose, fee.data?.legalBasis].filter(Boolean).join(". ")}</p>
          <p>
            {t("applications:fee.laterText", {
              from: formatMoney(range.from.amount, range.from.currency, currentLanguage()),
              to: formatMoney(range.to.amount, range.to.currency, currentLanguage()),
            })}
          </p>
        </Alert>
      )}
      {application.joint === true && !helps && (
        <CoApplicants
          applicationId={application.id}
          save={work.flush}
          refused={withoutConsents ? submit.error : undefined}
        />
      )}
      <div className="pv-stack pv-stack--medium">
        {helps ? (
          <p>{t("applications:acting.handOverText", { name: other.name })}</p>
        ) : (
          <p>
            {other !== undefined && `${t("applications:acting.submits", { name: other.name })} `}
            {t("applications:review.text", {
              authority: application.authorityName,
              portal: application.portal.name,
            })}
          </p>
        )}
        {needed !== undefined && !enough && (
          <ProveIdentity
            level={needed}
            returnTo={`/antraege/${application.id}/bearbeiten?schritt=pruefen`}
            save={work.flush}
          />
        )}
        {submit.error !== undefined && enough && !withoutConsents && <ErrorState error={submit.error} />}
        <div className="pv-actions">
          {helps && <HandOver applicationId={application.id} name={other.name} work={work} />}
          {enough && !helps && (
            <Button busy={submit.busy || fee.isPending} onClick={submit.run}>
              {t("applications:review.submit")}
            </Button>
          )}
          {last && (
            <LinkButton
              to="/antraege/$applicationId/bearbeiten"
              params={{ applicationId: application.id }}
              search={{ schritt: last.id }}
              variant="secondary"
            >
              {t("common:back")}
            </LinkButton>
          )}
          <Button variant="tertiary" icon="print" onClick={() => window.print()}>
            {t("common:print")}
          </Button>
        </div>
        <SaveLine saved={work.saved} />
        <AnotherDevice applicationId={application.id} save={work.flush} />
      </div>
    </Page>
  );
}
