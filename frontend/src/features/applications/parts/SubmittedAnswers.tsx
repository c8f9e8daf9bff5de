import { useQuery } from "@tanstack/react-query";
import { AnswersView } from "../../../forms/AnswersView";
import { currentLanguage, useWords } from "../../../i18n";
import { ErrorState } from "../../../ui/ErrorState";
import { formQuery, type Application } from "../api";
import { answersNow } from "../request";
import { OwnFile } from "./OwnFile";

/** What was handed in, as long as this portal keeps it. */
export function SubmittedAnswers({ application }: { application: Application }) {
  const t = useWords();
  const form = useQuery({
    ...formQuery(application.formId, application.formVersion),
    enabled: application.contentKept && application.state !== "draft",
  });
  if (application.state === "draft") return null;
  const title = t(
    application.coApplicant === undefined ? "applications:page.answers" : "applications:joint.other.answers",
  );
  if (!application.contentKept) {
    return (
      <section className="pv-stack pv-stack--small">
        <h2>{title}</h2>
        <p>{t("applications:page.notKept", { portal: application.portal.name })}</p>
      </section>
    );
  }
  const now = answersNow(application);
  const files = new Map(application.attachments.map((file) => [file.id, file]));
  return (
    <section className="pv-stack pv-stack--medium">
      <details className="kern-accordion">
        <summary className="kern-accordion__header">
          <span className="kern-title">{title}</span>
        </summary>
        <div className="kern-accordion__body">
          {form.isError && <ErrorState error={form.error} onRetry={() => void form.refetch()} />}
          {form.data && (
            <AnswersView
              layout={form.data.layout}
              answers={now.answers}
              corrections={now.corrections}
              language={currentLanguage()}
              showFile={(id) => {
                const file = files.get(id);
                return file === undefined ? id : <OwnFile application={application} file={file} />;
              }}
            />
          )}
        </div>
      </details>
    </section>
  );
}
