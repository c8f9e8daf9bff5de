import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useWords } from "../../../i18n";
import { Button } from "../../../ui/Button";
import { ErrorState } from "../../../ui/ErrorState";
import { useStatus } from "../../../ui/Status";
import { useAction } from "../../../ui/useAction";
import { askQuestion, caseQuery, decideCase, isOpen, startCase, type Case } from "../api";
import { DecisionForm } from "./DecisionForm";
import { QuestionForm } from "./QuestionForm";

/** What a clerk can do with a case in its present state: take it, ask, decide. */
export function CaseActions({ item }: { item: Case }) {
  const t = useWords();
  const queryClient = useQueryClient();
  const status = useStatus();
  const [open, setOpen] = useState<"question" | "decision">();
  const took = (changed: Case, words: string) => {
    queryClient.setQueryData(caseQuery(item.id).queryKey, changed);
    void queryClient.invalidateQueries({ queryKey: ["cases"] });
    setOpen(undefined);
    status(words);
  };
  const start = useAction(async (key) => took(await startCase(item.id, key), t("cases:action.started")));
  if (!isOpen(item.state)) return null;
  return (
    <section className="pv-panel pv-stack pv-stack--medium" aria-labelledby="actions">
      <h2 id="actions">{t("cases:action.title")}</h2>
      {start.error !== undefined && <ErrorState error={start.error} />}
      {open === undefined && (
        <div className="pv-actions">
          {item.state === "received" && (
            <Button busy={start.busy} onClick={start.run}>
              {t("cases:action.start")}
            </Button>
          )}
          <Button variant="secondary" onClick={() => setOpen("question")}>
            {t("cases:action.ask")}
          </Button>
          <Button
            variant={item.state === "received" ? "secondary" : "primary"}
            onClick={() => setOpen("decision")}
          >
            {t("cases:action.decide")}
          </Button>
        </div>
      )}
      {open === "question" && (
        <QuestionForm
          onCancel={() => setOpen(undefined)}
          onSend={async (text, key) => took(await askQuestion(item.id, text, key), t("cases:action.asked"))}
        />
      )}
      {open === "decision" && (
        <DecisionForm
          onCancel={() => setOpen(undefined)}
          onSend={async (decision, key) =>
            took(await decideCase(item.id, decision, key), t("cases:action.decided"))
          }
        />
      )}
    </section>
  );
}
