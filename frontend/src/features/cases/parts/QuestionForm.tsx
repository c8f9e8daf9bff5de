import { useState } from "react";
import { useWords } from "../../../i18n";
import { Button } from "../../../ui/Button";
import { ErrorState } from "../../../ui/ErrorState";
import { TextArea } from "../../../ui/fields/TextField";
import { useAction } from "../../../ui/useAction";
import { useFormErrors } from "../../../ui/useFormErrors";
import type { Case } from "../api";
import { InsertTemplate } from "./InsertTemplate";

const longest = 4000;

/** A question to the citizen. */
export function QuestionForm({
  item,
  onSend,
  onCancel,
}: {
  item: Case;
  onSend: (text: string, key: string) => Promise<void>;
  onCancel: () => void;
}) {
  const t = useWords();
  const errors = useFormErrors();
  const [text, setText] = useState("");
  const send = useAction((key) => onSend(text.trim(), key));
  return (
    <form
      className="pv-stack pv-stack--medium"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        const missing =
          text.trim() === "" ? [{ fieldId: "question", message: t("cases:question.missing") }] : [];
        if (errors.show(missing)) send.run();
        else document.getElementById("question")?.focus();
      }}
    >
      <InsertTemplate item={item} use="question" text={text} onInsert={setText} />
      <TextArea
        id="question"
        label={t("cases:question.label")}
        hint={t("cases:question.hint")}
        error={errors.of("question")}
        value={text}
        onChange={setText}
        maxLength={longest}
      />
      {send.error !== undefined && <ErrorState error={send.error} />}
      <div className="pv-actions">
        <Button type="submit" busy={send.busy}>
          {t("cases:question.send")}
        </Button>
        <Button variant="secondary" onClick={onCancel}>
          {t("common:cancel")}
        </Button>
      </div>
    </form>
  );
}
