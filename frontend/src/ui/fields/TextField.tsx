import type { InputHTMLAttributes } from "react";
import { useWords } from "../../i18n";
import { classes } from "../../lib/classes";
import { describedBy, FieldFrame, type FieldProps } from "./FieldParts";

type InputProps = Pick<
  InputHTMLAttributes<HTMLInputElement>,
  | "type"
  | "inputMode"
  | "autoComplete"
  | "spellCheck"
  | "autoCapitalize"
  | "name"
  | "required"
  | "maxLength"
  | "aria-keyshortcuts"
>;

/** A line of text. */
export function TextField({
  value,
  onChange,
  onBlur,
  width = "long",
  input,
  ...field
}: FieldProps & {
  value: string;
  onChange: (value: string) => void;
  onBlur?: () => void;
  width?: "short" | "medium" | "long";
  input?: InputProps;
}) {
  return (
    <FieldFrame field={field} className={`pv-field--${width}`}>
      <input
        type="text"
        {...input}
        id={field.id}
        className={classes("kern-form-input__input", field.error && "kern-form-input__input--error")}
        value={value}
        aria-invalid={field.error ? true : undefined}
        aria-describedby={describedBy(field)}
        onChange={(event) => onChange(event.target.value)}
        onBlur={onBlur}
      />
    </FieldFrame>
  );
}

/** Several lines of text; with `maxLength` it says how many characters are left. */
export function TextArea({
  value,
  onChange,
  onBlur,
  maxLength,
  ...field
}: FieldProps & {
  value: string;
  onChange: (value: string) => void;
  onBlur?: () => void;
  maxLength?: number | undefined;
}) {
  const t = useWords();
  const left = maxLength === undefined ? 0 : maxLength - [...value].length;
  const counterId = `${field.id}-counter`;
  return (
    <FieldFrame field={field}>
      <textarea
        id={field.id}
        className={classes("kern-form-input__input", field.error && "kern-form-input__input--error")}
        value={value}
        rows={5}
        aria-invalid={field.error ? true : undefined}
        aria-describedby={classes(describedBy(field), maxLength !== undefined && counterId) || undefined}
        onChange={(event) => onChange(event.target.value)}
        onBlur={onBlur}
      />
      {maxLength !== undefined && (
        <p className="pv-counter" id={counterId}>
          {left >= 0 ? t("charactersLeft", { count: left }) : t("charactersOver", { count: -left })}
        </p>
      )}
    </FieldFrame>
  );
}
