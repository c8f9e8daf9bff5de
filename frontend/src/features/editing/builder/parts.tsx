import { useState } from "react";
import type { LocalText } from "../../../forms/definition";
import { currentLanguage, useWords } from "../../../i18n";
import type { FieldProps } from "../../../ui/fields/FieldParts";
import { NumberField } from "../../../ui/fields/NumberField";
import { TextArea, TextField } from "../../../ui/fields/TextField";

/** Gives the focus to a button that is there once the page is drawn again: one that was pressed may have gone. */
export const focusSoon = (id: string) => requestAnimationFrame(() => document.getElementById(id)?.focus());

/** A text without any language is no text. */
export const filled = (text: LocalText): LocalText | undefined =>
  Object.keys(text).length > 0 ? text : undefined;

/** A text in German and English; an empty one is left out. */
export function Texts({
  id,
  label,
  value,
  error,
  onChange,
  optional = false,
  long = false,
}: {
  id: string;
  label: string;
  value: LocalText | undefined;
  /** What is wrong with the German text, in words. */
  error?: string | undefined;
  onChange: (value: LocalText) => void;
  optional?: boolean;
  long?: boolean;
}) {
  const t = useWords();
  const field = (language: "de" | "en") => {
    const { [language]: text, ...others } = value ?? {};
    const shared = {
      id: `q-${id}-${language}`,
      label: t(`editing:language.${language}`),
      optional: optional || language !== "de",
      value: text ?? "",
      error: language === "de" ? error : undefined,
      onChange: (next: string) => onChange(next === "" ? others : { ...others, [language]: next }),
    };
    return <div lang={language}>{long ? <TextArea {...shared} /> : <TextField {...shared} />}</div>;
  };
  return (
    <fieldset className="pv-texts">
      <legend className="kern-label">{label}</legend>
      <div className="pv-texts__columns pv-builder__texts">
        {field("de")}
        {field("en")}
      </div>
    </fieldset>
  );
}

/** A number of the form's own; what is typed stays until it is one, and only then counts. In cents it is written in euros. */
export function Figure({
  value,
  onChange,
  cents = false,
  decimal = cents,
  ...field
}: Omit<FieldProps, "error"> & {
  value: number | undefined;
  onChange: (value: number | undefined) => void;
  cents?: boolean;
  decimal?: boolean;
}) {
  const t = useWords();
  const [unread, setUnread] = useState<string>();
  const [left, setLeft] = useState(false);
  return (
    <NumberField
      {...field}
      error={unread !== undefined && left ? t("builder:settings.noNumber") : undefined}
      language={currentLanguage()}
      decimal={decimal}
      value={unread ?? (value !== undefined && cents ? value / 100 : value)}
      onBlur={() => setLeft(true)}
      onChange={(next) => {
        setLeft(false);
        if (typeof next === "string") return setUnread(next);
        setUnread(undefined);
        onChange(next !== undefined && cents ? Math.round(next * 100) : next);
      }}
    />
  );
}
