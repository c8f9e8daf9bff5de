import { useWords } from "../../../i18n";
import { WordsDialog } from "./WordsDialog";

/** Closes a case without a decision, with words for the citizen; says that it is final. */
export function CloseDialog(props: {
  onSend: (text: string, key: string) => Promise<void>;
  onClose: () => void;
}) {
  const t = useWords();
  return (
    <WordsDialog
      {...props}
      field="text"
      longest={4000}
      title={t("cases:close.title")}
      text={t("cases:close.text")}
      label={t("cases:close.label")}
      hint={t("cases:close.hint")}
      missing={t("cases:close.missing")}
      final={t("cases:close.final")}
      button={t("cases:close.confirm")}
    />
  );
}
