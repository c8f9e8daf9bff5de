import { useState, type ReactNode } from "react";
import { ErrorSummary } from "../../../ui/ErrorSummary";
import { TextArea } from "../../../ui/fields/TextField";
import { FormDialog } from "../../../ui/FormDialog";
import { useAction } from "../../../ui/useAction";
import { useFormErrors } from "../../../ui/useFormErrors";

const id = "dialog-words";

/** Ends something for good, with words that the citizen reads. */
export function WordsDialog({
  field,
  longest,
  title,
  text,
  label,
  hint,
  missing,
  final,
  button,
  templates,
  onSend,
  onClose,
}: {
  /** What the words are called in the request. */
  field: string;
  /** Characters. */
  longest: number;
  title: string;
  text: string;
  label: string;
  hint: string;
  /** Said where there are no words. */
  missing: string;
  final: string;
  button: string;
  /** Offers words that are kept. */
  templates?: (words: string, onInsert: (words: string) => void) => ReactNode;
  onSend: (words: string, key: string) => Promise<void>;
  onClose: () => void;
}) {
  const errors = useFormErrors();
  const [words, setWords] = useState("");
  const send = useAction(async (key) => {
    try {
      await onSend(words.trim(), key);
    } catch (problem) {
      if (!errors.showProblem(problem, { [field]: id })) throw problem;
    }
  });
  return (
    <FormDialog
      title={title}
      button={button}
      busy={send.busy}
      error={send.error}
      onSubmit={() => {
        if (errors.show(words.trim().length < 3 ? [{ fieldId: id, message: missing }] : [])) send.run();
      }}
      onClose={onClose}
    >
      <ErrorSummary errors={errors.list} attempt={errors.attempt} />
      <p>{text}</p>
      {templates?.(words, setWords)}
      <TextArea
        id={id}
        label={label}
        hint={hint}
        error={errors.of(id)}
        value={words}
        onChange={setWords}
        maxLength={longest}
      />
      <p className="pv-strong">{final}</p>
    </FormDialog>
  );
}
