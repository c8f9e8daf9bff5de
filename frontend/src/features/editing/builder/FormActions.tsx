import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { hasStatus } from "../../../api/problem";
import { useWords } from "../../../i18n";
import { Button } from "../../../ui/Button";
import { TextArea } from "../../../ui/fields/TextField";
import { FormDialog } from "../../../ui/FormDialog";
import { useStatus } from "../../../ui/Status";
import { useAction } from "../../../ui/useAction";
import { discardForm, formActs, type EditedForm, type FormContent } from "./api";
import { Changes } from "./Changes";

type Asked = "submit" | "release" | "reopen" | "giveBack" | "withdraw" | "discard";

/** What can be done with a form as it is, by the person who is signed in. */
export function FormActions({
  form,
  content,
  beforehand,
  onChanged,
  onConflict,
}: {
  form: EditedForm;
  content: FormContent;
  /** Saves what is not saved yet; the form as it is then, or undefined when that failed. */
  beforehand: () => Promise<EditedForm | undefined>;
  onChanged: (form: EditedForm) => void;
  onConflict: () => Promise<void>;
}) {
  const t = useWords();
  const [asked, setAsked] = useState<Asked>();
  const { rights, state, hasDraft, released } = form.data;
  const inReview = state === "inReview";
  const acts: [Asked, boolean, "primary" | "secondary" | "tertiary"][] = [
    ["release", rights.release, "primary"],
    ["submit", rights.submit, rights.release ? "secondary" : "primary"],
    ["reopen", inReview && rights.writes && (rights.isAuthor || !rights.releases), "secondary"],
    ["giveBack", inReview && rights.releases && !(rights.writes && rights.isAuthor), "secondary"],
    ["discard", rights.edit && hasDraft, "tertiary"],
    [
      "withdraw",
      rights.releases && released !== undefined && (state === "released" || state === "changed"),
      "tertiary",
    ],
  ];
  return (
    <div className="pv-row">
      {acts
        .filter(([, possible]) => possible)
        .map(([act, , variant]) => (
          <Button key={act} variant={variant} onClick={() => setAsked(act)}>
            {t(`builder:act.${act}`)}
          </Button>
        ))}
      {asked && (
        <AskDialog
          asked={asked}
          form={form}
          content={content}
          beforehand={beforehand}
          onClose={() => setAsked(undefined)}
          onChanged={onChanged}
          onConflict={onConflict}
        />
      )}
    </div>
  );
}

/** Asks once more, and says what a release changes. */
function AskDialog({
  asked,
  form,
  content,
  beforehand,
  onClose,
  onChanged,
  onConflict,
}: {
  asked: Asked;
  form: EditedForm;
  content: FormContent;
  beforehand: () => Promise<EditedForm | undefined>;
  onClose: () => void;
  onChanged: (form: EditedForm) => void;
  onConflict: () => Promise<void>;
}) {
  const t = useWords();
  const status = useStatus();
  const navigate = useNavigate();
  const [note, setNote] = useState("");
  const [lacking, setLacking] = useState(false);
  const { id, released } = form.data;
  const send = useAction(async () => {
    const lacks = asked === "giveBack" && note.trim() === "";
    setLacking(lacks);
    if (lacks) return;
    const now = await beforehand();
    if (!now) {
      onClose();
      return;
    }
    try {
      if (asked === "discard") {
        await discardForm(id, now.etag);
        status(t("builder:done.discard"));
        if (!released) {
          await navigate({ to: "/redaktion/formulare" });
          return;
        }
        onClose();
        await onConflict();
        return;
      }
      onChanged(await formActs[asked](id, now.etag, note.trim()));
    } catch (problem) {
      if (hasStatus(problem, 412) || (hasStatus(problem, 409) && problem.code === "released-meanwhile")) {
        onClose();
        await onConflict();
        return;
      }
      throw problem;
    }
    onClose();
    status(t(`builder:done.${asked}`));
  });
  return (
    <FormDialog
      title={t(`builder:act.${asked}`)}
      button={t(`builder:confirm.${asked}`)}
      busy={send.busy}
      error={send.error}
      onSubmit={send.run}
      onClose={onClose}
    >
      <p>{t(`builder:ask.${asked}`)}</p>
      {(asked === "release" || asked === "submit") && released && (
        <section className="pv-stack pv-stack--small" aria-labelledby="changes-title">
          <h3 id="changes-title">{t("builder:changes.heading")}</h3>
          <Changes before={released} after={content} />
        </section>
      )}
      {asked !== "discard" && (
        <TextArea
          id="act-note"
          label={t(asked === "giveBack" ? "editing:form.reason" : "editing:form.note")}
          hint={t("editing:hint.note")}
          optional={asked !== "giveBack"}
          error={lacking ? t("editing:form.reasonMissing") : undefined}
          value={note}
          onChange={setNote}
          maxLength={1000}
        />
      )}
    </FormDialog>
  );
}
