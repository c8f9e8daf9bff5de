import { fieldId, pointer, readAt } from "../../../forms/pointers";
import { useWords } from "../../../i18n";
import { TextArea, TextField } from "../../../ui/fields/TextField";
import { errorAt, useEditor } from "../content/context";
import { languageLabel } from "../content/labels";
import { RichTextField } from "./RichTextField";

interface PartProps {
  /** Where the value is in the entry. */
  at: string;
  label: string;
  hint?: string;
  optional?: boolean;
}

/** A text in each language that is shown, side by side where there is room. */
export function Texts({
  at,
  label,
  hint,
  optional = false,
  kind = "line",
  maxLength,
}: PartProps & { kind?: "line" | "lines" | "rich"; maxLength?: number }) {
  const t = useWords();
  const editor = useEditor();
  const id = fieldId(at);
  return (
    <fieldset className="pv-texts" aria-describedby={hint === undefined ? undefined : `${id}-hint`}>
      <legend className="kern-label">
        {label} {optional && <span className="kern-label__optional">{t("optional")}</span>}
      </legend>
      {hint !== undefined && (
        <p id={`${id}-hint`} className="kern-hint">
          {hint}
        </p>
      )}
      <div className="pv-texts__columns">
        {editor.languages.map((language, index) => {
          const path = `${at}${pointer(language)}`;
          const value = readAt(editor.content, path);
          const shared = {
            id: index === 0 ? id : fieldId(path),
            label: languageLabel(language, t),
            error: errorAt(editor, path) ?? (index === 0 ? errorAt(editor, at) : undefined),
            value: typeof value === "string" ? value : "",
            onChange: (text: string) => editor.set(path, text === "" ? undefined : text),
          };
          return (
            <div key={language} lang={language.slice(0, 2)}>
              {kind === "rich" && <RichTextField {...shared} name={label} />}
              {kind === "lines" && <TextArea {...shared} maxLength={maxLength} />}
              {kind === "line" && <TextField {...shared} />}
            </div>
          );
        })}
      </div>
    </fieldset>
  );
}

/** A line of text that is the same in all languages. */
export function Line({
  at,
  label,
  hint,
  optional = false,
  width = "long",
  input,
}: PartProps & Pick<Parameters<typeof TextField>[0], "width" | "input">) {
  const editor = useEditor();
  const value = readAt(editor.content, at);
  return (
    <TextField
      id={fieldId(at)}
      label={label}
      {...(hint !== undefined && { hint })}
      optional={optional}
      width={width}
      {...(input && { input })}
      error={errorAt(editor, at)}
      value={typeof value === "string" ? value : ""}
      onChange={(text) => editor.set(at, text === "" ? undefined : text)}
    />
  );
}

/** Several words or codes, one to a line. */
export function Lines({ at, label, hint }: PartProps) {
  const editor = useEditor();
  const value = readAt(editor.content, at);
  const list = Array.isArray(value) ? value : [];
  return (
    <TextArea
      id={fieldId(at)}
      label={label}
      {...(hint !== undefined && { hint })}
      optional
      error={errorAt(editor, at)}
      value={list.join("\n")}
      onChange={(text) => editor.set(at, text === "" ? undefined : text.split("\n"))}
    />
  );
}
