import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { hasStatus } from "../../../api/problem";
import { useWords } from "../../../i18n";
import { Button } from "../../../ui/Button";
import { Dialog } from "../../../ui/Dialog";
import { ErrorState } from "../../../ui/ErrorState";
import { useStatus } from "../../../ui/Status";
import { useAction } from "../../../ui/useAction";
import { acts, isUnderWay, runQuery, type Run } from "../api";
import { totals } from "../health";

type Asked = "apply" | "undo";

/** What an administrator can do about a run as it is now. */
export function RunActions({ run }: { run: Run }) {
  const t = useWords();
  const status = useStatus();
  const navigate = useNavigate();
  const queryClient = useQueryClient();
  const [asked, setAsked] = useState<Asked>();
  const goOn = async (next: Run) => {
    queryClient.setQueryData(runQuery(next.id).queryKey, next);
    await queryClient.invalidateQueries({ queryKey: ["sources"] });
    if (next.id !== run.id)
      await navigate({ to: "/redaktion/quellen/laeufe/$runId", params: { runId: next.id } });
  };
  const resume = useAction(async (key) => goOn(await acts.resume(run.id, key)));
  const cancel = useAction(async () => {
    await goOn(await acts.cancel(run.id));
    status(t("sources:act.cancelled"));
  });
  const error = resume.error ?? cancel.error;
  const stoppable = isUnderWay(run) || run.state === "held";
  if (!run.canApply && !run.canResume && !run.canUndo && !stoppable) return null;
  return (
    <div className="pv-stack pv-stack--small">
      {error !== undefined && <ErrorState error={error} />}
      <div className="pv-row">
        {run.canApply && <Button onClick={() => setAsked("apply")}>{t("sources:act.apply")}</Button>}
        {run.canResume && (
          <Button busy={resume.busy} icon="autorenew" onClick={resume.run}>
            {t("sources:act.resume")}
          </Button>
        )}
        {run.canUndo && (
          <Button variant="secondary" onClick={() => setAsked("undo")}>
            {t("sources:act.undo")}
          </Button>
        )}
        {stoppable && (
          <Button variant="secondary" busy={cancel.busy} onClick={cancel.run}>
            {t("sources:act.cancel")}
          </Button>
        )}
      </div>
      {asked === "apply" && <ApplyDialog run={run} onClose={() => setAsked(undefined)} onDone={goOn} />}
      {asked === "undo" && <UndoDialog run={run} onClose={() => setAsked(undefined)} onDone={goOn} />}
    </div>
  );
}

interface DialogProps {
  run: Run;
  onClose: () => void;
  onDone: (next: Run) => Promise<void>;
}

function ApplyDialog({ run, onClose, onDone }: DialogProps) {
  const t = useWords();
  const apply = useAction(async (key) => {
    const next = await acts.apply(run.id, key);
    onClose();
    await onDone(next);
  });
  return (
    <Dialog
      open
      title={t("sources:act.apply")}
      onClose={onClose}
      actions={
        <>
          <Button variant="secondary" onClick={onClose}>
            {t("cancel")}
          </Button>
          <Button busy={apply.busy} onClick={apply.run}>
            {t("sources:act.applyNow")}
          </Button>
        </>
      }
    >
      <div className="pv-stack pv-stack--medium">
        {apply.error !== undefined && <ErrorState error={apply.error} />}
        <p>
          {run.state === "held"
            ? t("sources:act.applyHeld", { lost: run.lost, had: run.had })
            : t("sources:act.applyText", totals(run))}
        </p>
      </div>
    </Dialog>
  );
}

/** Asks before a run is undone, says what that means, and asks once more where something was changed since. */
function UndoDialog({ run, onClose, onDone }: DialogProps) {
  const t = useWords();
  const { added, changed, deleted } = totals(run);
  const undoWith = (force: boolean) => async (key: string) => {
    const next = await acts.undo(run.id, key, force);
    onClose();
    await onDone(next);
  };
  const undo = useAction(undoWith(false));
  const force = useAction(undoWith(true));
  const changedSince = hasStatus(undo.error, 409) && undo.error.code === "import-changed-since";
  const error = force.error ?? undo.error;
  return (
    <Dialog
      open
      title={t("sources:act.undoTitle")}
      onClose={onClose}
      actions={
        <>
          <Button variant="secondary" onClick={onClose}>
            {t("cancel")}
          </Button>
          {changedSince ? (
            <Button busy={force.busy} onClick={force.run}>
              {t("sources:act.undoForced")}
            </Button>
          ) : (
            <Button busy={undo.busy} onClick={undo.run}>
              {t("sources:act.undoNow")}
            </Button>
          )}
        </>
      }
    >
      <div className="pv-stack pv-stack--medium">
        {error !== undefined && <ErrorState error={error} />}
        <p>{t("sources:act.undoText")}</p>
        <ul>
          {added > 0 && <li>{t("sources:act.undoAdded", { count: added })}</li>}
          {changed > 0 && <li>{t("sources:act.undoChanged", { count: changed })}</li>}
          {deleted > 0 && <li>{t("sources:act.undoDeleted", { count: deleted })}</li>}
        </ul>
        <p>{t("sources:act.undoEffect")}</p>
        {run.sourceId !== undefined && <p>{t("sources:act.undoNext")}</p>}
      </div>
    </Dialog>
  );
}
