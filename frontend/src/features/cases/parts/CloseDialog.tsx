import { useState } from "react";
import { useWords } from "../../../i18n";
import { ErrorSummary } from "../../../ui/ErrorSummary";
import { TextArea } from "../../../ui/fields/TextField";
import { FormDialog } from "../../../ui/FormDialog";
import { useAction } from "../../../ui/useAction";
import { useFormErrors } from "../../../ui/useFormErrors";

const longest = 4000;
const field = "close-text";

/** Closes a case without a decision, with words for the citizen; says that it is final. */
export function CloseDialog({
  onSend,
  onClose,
}: {
  onSend: (text: string, key: string) => Promise<void>;
  onClose: () => void;
}) {
  const t = useWords();
  const errors = useFormErrors();
  const [text, setText] = useState("");
  const send = useAction(async (key) => {
    try {
      await onSend(text.trim(), key);
    } catch (problem) {
      if (!errors.showProblem(problem, { text: field })) throw problem;
    }
  });
  return (
    <FormDialog
      title={t("cases:close.title")}
      button={t("cases:close.confirm")}
      busy={send.busy}
      error={send.error}
      onSubmit={() => {
        if (errors.show(text.trim() === "" ? [{ fieldId: field, message: t("cases:close.missing") }] : []))
          send.run();
      }}
      onClose={onClose}
    >
      <ErrorSummary errors={errors.list} attempt={errors.attempt} />
      <p>{t("cases:close.text")}</p>
      <TextArea
        id={field}
        label={t("cases:close.label")}
        hint={t("cases:close.hint")}
        error={errors.of(field)}
        value={text}
        onChange={setText}
        maxLength={longest}
      />
      <p className="pv-strong">{t("cases:close.final")}</p>
    </FormDialog>
  );
}
