import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { useWords } from "../../../i18n";
import { focusElement } from "../../../lib/focus";
import { Button } from "../../../ui/Button";
import { ErrorState } from "../../../ui/ErrorState";
import { useStatus } from "../../../ui/Status";
import { useAction } from "../../../ui/useAction";
import {
  askQuestion,
  caseQuery,
  closeCase,
  decideCase,
  isOpen,
  startCase,
  writeCaseMessage,
  type Case,
} from "../api";
import { useShortcut } from "../shortcuts";
import { CloseDialog } from "./CloseDialog";
import { DecisionForm } from "./DecisionForm";
import { MessageForm } from "./MessageForm";
import { NextCase } from "./NextCase";
import { Proposal } from "./Proposal";
import { QuestionForm } from "./QuestionForm";

/** What a clerk can do with a case in its present state. Where somebody else changes that meanwhile, the focus stays with what is there then. */
export function CaseActions({ item }: { item: Case }) {
  const place = useRef<HTMLDivElement>(null);
  const inside = useRef(false);
  // A case that is taken loses the button for that, at times before the answer to having pressed it is there.
  const work = item.state === "received" ? "take" : "work";
  const shown = !isOpen(item.state) ? "next" : item.proposal === undefined ? work : "proposal";
  const before = useRef(shown);
  useEffect(() => {
    if (before.current === shown) return;
    before.current = shown;
    if (!inside.current || document.activeElement !== document.body) return;
    const heading =
      place.current?.querySelector<HTMLElement>("h2") ?? document.querySelector<HTMLElement>("h1");
    focusElement(heading);
  }, [shown]);
  return (
    <div
      ref={place}
      onFocus={() => {
        inside.current = true;
      }}
      onBlur={() => {
        inside.current = false;
      }}
    >
      <Actions item={item} />
    </div>
  );
}

/** What is being written. */
type Writing = "question" | "decision" | "message";

/** Take it, ask, write, decide, close. */
function Actions({ item }: { item: Case }) {
  const t = useWords();
  const queryClient = useQueryClient();
  const status = useStatus();
  const [open, setOpen] = useState<Writing>();
  const [closing, setClosing] = useState(false);
  const [done, setDone] = useState(false);
  const section = useRef<HTMLElement>(null);
  const moves = useRef<"away" | "unlessWriting">(undefined);
  /** Says that what was pressed goes away with what happens now, and the focus with it. */
  const moveOn = (next?: Writing) => {
    moves.current = "away";
    setOpen(next);
  };
  useEffect(() => {
    const how = moves.current;
    moves.current = undefined;
    if (how === undefined || (how === "unlessWriting" && open !== undefined)) return;
    const goesOn = open === undefined ? "h2" : "form :is(input, select, textarea)";
    focusElement(section.current?.querySelector<HTMLElement>(goesOn) ?? null);
  });
  const changedTo = (changed: Case, words: string) => {
    queryClient.setQueryData(caseQuery(item.id).queryKey, changed);
    void queryClient.invalidateQueries({ queryKey: ["cases"] });
    setDone(true);
    status(words);
  };
  const took = (changed: Case, words: string) => {
    moveOn();
    changedTo(changed, words);
  };
  const start = useAction(async (key) => {
    const changed = await startCase(item.id, key);
    moves.current = "unlessWriting"; // who has begun to write before the answer was there goes on
    changedTo(changed, t("cases:action.started"));
  });
  const works = isOpen(item.state) && item.proposal === undefined;
  // What is open may be half written: it stays.
  const askKeys = useShortcut("ask", works ? () => moveOn(open ?? "question") : undefined);
  const decideKeys = useShortcut("decide", works ? () => moveOn(open ?? "decision") : undefined);
  const writeKeys = useShortcut("message", works ? () => moveOn(open ?? "message") : undefined);
  const closeKeys = useShortcut("close", works && open === undefined ? () => setClosing(true) : undefined);
  if (!isOpen(item.state)) {
    return (
      <div className="pv-stack">
        <NextCase takesFocus={done} />
        {item.state !== "withdrawn" && <WriteLater item={item} />}
      </div>
    );
  }
  if (item.proposal !== undefined)
    return <Proposal item={item} proposal={item.proposal} takesFocus={done} onTook={took} />;
  return (
    <section ref={section} className="pv-panel pv-stack pv-stack--medium" aria-labelledby="actions">
      <h2 id="actions">{t("cases:action.title")}</h2>
      {start.error !== undefined && <ErrorState error={start.error} />}
      {open === undefined && (
        <div className="pv-actions">
          {item.state === "received" && (
            <Button busy={start.busy} onClick={start.run}>
              {t("cases:action.start")}
            </Button>
          )}
          <Button variant="secondary" aria-keyshortcuts={askKeys} onClick={() => moveOn("question")}>
            {t("cases:action.ask")}
          </Button>
          <Button
            variant={item.state === "received" ? "secondary" : "primary"}
            aria-keyshortcuts={decideKeys}
            onClick={() => moveOn("decision")}
          >
            {t("cases:action.decide")}
          </Button>
          <Button variant="tertiary" aria-keyshortcuts={writeKeys} onClick={() => moveOn("message")}>
            {t("cases:action.write")}
          </Button>
          <Button variant="tertiary" aria-keyshortcuts={closeKeys} onClick={() => setClosing(true)}>
            {t("cases:action.close")}
          </Button>
        </div>
      )}
      {closing && (
        <CloseDialog
          item={item}
          onClose={() => setClosing(false)}
          onSend={async (text, key) => {
            took(await closeCase(item.id, text, key), t("cases:action.closed"));
            setClosing(false);
          }}
        />
      )}
      {open === "message" && (
        <MessageForm
          item={item}
          onCancel={() => moveOn()}
          onSend={async (text, key) =>
            took(await writeCaseMessage(item.id, text, key), t("cases:action.written"))
          }
        />
      )}
      {open === "question" && (
        <QuestionForm
          item={item}
          onCancel={() => moveOn()}
          onSend={async (question, key) =>
            took(await askQuestion(item.id, question, key), t("cases:action.asked"))
          }
        />
      )}
      {open === "decision" && (
        <DecisionForm
          item={item}
          onCancel={() => moveOn()}
          onSend={async (decision, key) =>
            took(
              await decideCase(item.id, decision, key),
              t(item.fourEyes === true ? "cases:agree.proposed" : "cases:action.decided"),
            )
          }
        />
      )}
    </section>
  );
}

/** Writes to the citizen of a case that is finished. */
function WriteLater({ item }: { item: Case }) {
  const t = useWords();
  const queryClient = useQueryClient();
  const status = useStatus();
  const [open, setOpen] = useState(false);
  const pressed = useRef(false);
  const place = useRef<HTMLElement>(null);
  useEffect(() => {
    if (pressed.current) focusElement(place.current?.querySelector<HTMLElement>("textarea, button") ?? null);
    pressed.current = false;
  });
  const turn = (on: boolean) => {
    pressed.current = true;
    setOpen(on);
  };
  const keys = useShortcut("message", () => turn(true));
  return (
    <section ref={place} aria-label={t("cases:action.write")}>
      {open ? (
        <MessageForm
          item={item}
          onCancel={() => turn(false)}
          onSend={async (text, key) => {
            queryClient.setQueryData(caseQuery(item.id).queryKey, await writeCaseMessage(item.id, text, key));
            turn(false);
            status(t("cases:action.written"));
          }}
        />
      ) : (
        <Button variant="secondary" aria-keyshortcuts={keys} onClick={() => turn(true)}>
          {t("cases:action.write")}
        </Button>
      )}
    </section>
  );
}
