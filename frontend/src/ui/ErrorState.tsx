import { useWords } from "../i18n";
import { ApiProblem, ConnectionProblem } from "../api/problem";
import { Alert } from "./Alert";
import { Button } from "./Button";

/** Something could not be shown or done: what, why, what to do, and the number for the help desk. */
export function ErrorState({ error, onRetry }: { error: unknown; onRetry?: () => void }) {
  const t = useWords();
  const offline = error instanceof ConnectionProblem;
  const problem = error instanceof ApiProblem ? error : undefined;
  const title = offline ? t("error.offlineTitle") : problem ? problem.message : t("error.title");
  const detail = offline
    ? t("error.offlineText")
    : (problem?.detail ?? (problem ? undefined : t("error.text")));
  return (
    <Alert kind="danger" title={title} live>
      {detail !== undefined && <p>{detail}</p>}
      {problem?.requestId !== undefined && (
        <p className="pv-small pv-muted">{t("error.requestId", { id: problem.requestId })}</p>
      )}
      {onRetry && (
        <div>
          <Button variant="secondary" icon="autorenew" onClick={onRetry}>
            {t("error.retry")}
          </Button>
        </div>
      )}
    </Alert>
  );
}
