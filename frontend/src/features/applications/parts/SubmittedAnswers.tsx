import { useQuery } from "@tanstack/react-query";
import { AnswersView } from "../../../forms/AnswersView";
import { toAnswers } from "../../../forms/validation";
import { currentLanguage, useWords } from "../../../i18n";
import { ErrorState } from "../../../ui/ErrorState";
import { attachmentAddress, formQuery, type Application } from "../api";

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
              answers={toAnswers(application.data)}
              language={currentLanguage()}
              showFile={(id) => {
                const file = files.get(id);
                if (file?.check === "refused") return t("applications:page.harmful", { name: file.name });
                if (application.coApplicant !== undefined) return file?.name ?? id;
                if (file?.check === "pending") return `${file.name} (${t("common:file.checking")})`;
                return (
                  <a href={attachmentAddress(application.id, id)} download>
                    {file?.name ?? id}
                  </a>
                );
              }}
            />
          )}
        </div>
      </details>
    </section>
  );
}
