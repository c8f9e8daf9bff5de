import { useQuery } from "@tanstack/react-query";
import { currentLanguage, useWords } from "../../../i18n";
import { formatDay } from "../../../lib/dates";
import { Select } from "../../../ui/fields/ChoiceFields";
import { templatesQuery, type Case, type CaseTemplateUse } from "../api";

/** Offers the text templates for a use; the chosen one is put behind what is written already. */
export function InsertTemplate({
  item,
  use,
  text,
  onInsert,
}: {
  item: Case;
  use: CaseTemplateUse;
  text: string;
  onInsert: (text: string) => void;
}) {
  const t = useWords();
  const fitting = (useQuery(templatesQuery).data ?? []).filter((template) => template.use === use);
  if (fitting.length === 0) return null;
  return (
    <Select
      id={`template-${use}`}
      label={t("cases:template.insert")}
      optional
      options={fitting.map((template) => ({ value: template.id, label: template.title }))}
      value=""
      onChange={(id) => {
        const chosen = fitting.find((template) => template.id === id);
        if (chosen === undefined) return;
        const filled = fillIn(chosen.text, item);
        onInsert(text.trim() === "" ? filled : `${text.trimEnd()}\n\n${filled}`);
      }}
    />
  );
}

/** Replaces the words of a template by what they stand for in a case; in one step, so that a name is no word of it. */
export function fillIn(text: string, item: Pick<Case, "applicantName" | "number" | "serviceTitle">): string {
  const values: Record<string, string> = {
    name: item.applicantName,
    number: item.number,
    service: item.serviceTitle,
    today: formatDay(new Date().toISOString(), currentLanguage()),
  };
  return text.replaceAll(/\{(name|number|service|today)\}/g, (_, word: string) => values[word] ?? "");
}
