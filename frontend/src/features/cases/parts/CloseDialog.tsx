import { useWords } from "../../../i18n";
import type { Case } from "../api";
import { InsertTemplate } from "./InsertTemplate";
import { WordsDialog } from "./WordsDialog";

/** Closes a case without a decision, with words for the citizen; says that it is final. */
export function CloseDialog({
  item,
  ...props
}: {
  item: Case;
  onSend: (text: string, key: string) => Promise<void>;
  onClose: () => void;
}) {
  const t = useWords();
  return (
    <WordsDialog
      {...props}
      templates={(text, onInsert) => (
        <InsertTemplate item={item} use="closed" text={text} onInsert={onInsert} />
      )}
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
