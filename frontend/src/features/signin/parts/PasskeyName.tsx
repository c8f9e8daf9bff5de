import { useWords } from "../../../i18n";
import type { SummarizedError } from "../../../ui/ErrorSummary";
import { TextField } from "../../../ui/fields/TextField";
import type { Say } from "../../../i18n";

/** By what the person knows a new passkey again. */
export function PasskeyName({
  value,
  onChange,
  error,
}: {
  value: string;
  onChange: (value: string) => void;
  error: string | undefined;
}) {
  const t = useWords();
  return (
    <TextField
      id="name"
      label={t("signin:firstPasskey.name")}
      hint={t("signin:firstPasskey.nameHint")}
      error={error}
      value={value}
      onChange={onChange}
      width="medium"
    />
  );
}

/** What is wrong with the name of a passkey. */
export function checkName(name: string, t: Say): SummarizedError[] {
  return name.trim() === "" ? [{ fieldId: "name", message: t("signin:firstPasskey.nameMissing") }] : [];
}
