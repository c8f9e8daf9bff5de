import { fieldId, readAt } from "../../../forms/pointers";
import { currentLanguage } from "../../../i18n";
import { Checkboxes, Declaration, Radios, Select, type Choice } from "../../../ui/fields/ChoiceFields";
import { DateField } from "../../../ui/fields/DateField";
import { NumberField } from "../../../ui/fields/NumberField";
import { errorAt, useEditor } from "../content/context";

interface PartProps {
  at: string;
  label: string;
  hint?: string;
  optional?: boolean;
}

function useText(at: string) {
  const editor = useEditor();
  const value = readAt(editor.content, at);
  return {
    id: fieldId(at),
    error: errorAt(editor, at),
    value: typeof value === "string" ? value : "",
    onChange: (text: string) => editor.set(at, text === "" ? undefined : text),
  };
}

/** One of several, all visible. */
export function OneOf({ at, ...field }: PartProps & { options: Choice[] }) {
  return <Radios {...field} {...useText(at)} />;
}

/** One of many. */
export function Pick({ at, ...field }: PartProps & { options: Choice[] }) {
  return <Select {...field} {...useText(at)} />;
}

/** Any number of several. */
export function Some({ at, ...field }: PartProps & { options: Choice[] }) {
  const editor = useEditor();
  const value = readAt(editor.content, at);
  const chosen = Array.isArray(value) ? value.filter((item) => typeof item === "string") : [];
  const known = new Set(field.options.map((option) => option.value));
  return (
    <Checkboxes
      {...field}
      id={fieldId(at)}
      error={errorAt(editor, at)}
      value={chosen}
      onChange={(next) => editor.set(at, [...next, ...chosen.filter((item) => !known.has(item))])}
    />
  );
}

/** Yes, or not. */
export function Tick({ at, ...field }: PartProps) {
  const editor = useEditor();
  return (
    <Declaration
      {...field}
      id={fieldId(at)}
      error={errorAt(editor, at)}
      checked={readAt(editor.content, at) === true}
      onChange={(checked) => editor.set(at, checked)}
    />
  );
}

/** A date; `time` keeps it as the moment at which the day begins or ends. */
export function Day({ at, time, ...field }: PartProps & { time?: "begin" | "end" }) {
  const { value, onChange, ...rest } = useText(at);
  return (
    <DateField
      {...field}
      {...rest}
      value={time === undefined ? value : value.slice(0, 10)}
      onChange={(date) => {
        const whole = /^\d{4}-\d{2}-\d{2}$/.test(date);
        onChange(
          time === undefined || !whole ? date : `${date}T${time === "end" ? "23:59:59" : "00:00:00"}Z`,
        );
      }}
    />
  );
}

/** A number; with `cents`, an amount in euros that is kept in cents. */
export function Figure({ at, cents = false, ...field }: PartProps & { cents?: boolean }) {
  const editor = useEditor();
  const value = readAt(editor.content, at);
  const shown = typeof value === "number" && cents ? value / 100 : value;
  return (
    <NumberField
      {...field}
      id={fieldId(at)}
      error={errorAt(editor, at)}
      language={currentLanguage()}
      decimal={cents}
      value={typeof shown === "number" || typeof shown === "string" ? shown : undefined}
      onChange={(next) =>
        editor.set(at, typeof next === "number" ? (cents ? Math.round(next * 100) : next) : next)
      }
    />
  );
}
