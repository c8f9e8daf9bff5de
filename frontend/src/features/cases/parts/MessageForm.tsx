import { useState } from "react";
import { useWords } from "../../../i18n";
import { Button } from "../../../ui/Button";
import { ErrorState } from "../../../ui/ErrorState";
import { TextArea } from "../../../ui/fields/TextField";
import { useAction } from "../../../ui/useAction";
import { useLeaveWarning } from "../../../ui/useLeaveWarning";
import { useFormErrors } from "../../../ui/useFormErrors";
import type { Case } from "../api";
import { InsertTemplate } from "./InsertTemplate";

const longest = 4000;
const field = "case-message";

/** Words to the citizen that ask for nothing. */
export function MessageForm({
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
  useLeaveWarning(() => text.trim() !== "");
  const send = useAction(async (key) => {
    try {
      await onSend(text.trim(), key);
    } catch (problem) {
      if (!errors.showProblem(problem, { text: field })) throw problem;
      document.getElementById(field)?.focus();
    }
  });
  return (
    <form
      className="pv-stack pv-stack--medium"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        const missing = text.trim() === "" ? [{ fieldId: field, message: t("cases:message.missing") }] : [];
        if (errors.show(missing)) send.run();
        else document.getElementById(field)?.focus();
      }}
    >
      <InsertTemplate item={item} use="message" text={text} onInsert={setText} />
      <TextArea
        id={field}
        label={t("cases:message.label")}
        hint={t("cases:message.hint")}
        error={errors.of(field)}
        value={text}
        onChange={setText}
        maxLength={longest}
      />
      {send.error !== undefined && <ErrorState error={send.error} />}
      <div className="pv-actions">
        <Button type="submit" busy={send.busy}>
          {t("cases:message.send")}
        </Button>
        <Button variant="secondary" onClick={onCancel}>
          {t("common:cancel")}
        </Button>
      </div>
    </form>
  );
}
