import { useState } from "react";
import { classes } from "../../lib/classes";
import { centsText, parseCents } from "../../lib/money";
import { describedBy, FieldFrame, type FieldProps } from "./FieldParts";

const read = (text: string, language: string) =>
  text.trim() === "" ? undefined : (parseCents(text, language) ?? text);

/**
 * An amount in euros. `onChange` gets cents, the text when it is no amount (so that the check names it), or undefined when the
 * field is empty.
 */
export function MoneyField({
  value,
  onChange,
  language,
  ...field
}: FieldProps & {
  value: number | string | undefined;
  onChange: (cents: number | string | undefined) => void;
  language: string;
}) {
  const show = (amount: number | string | undefined) =>
    typeof amount === "number" ? centsText(amount, language) : (amount ?? "");
  const [typed, setTyped] = useState(() => show(value));
  const unitId = `${field.id}-unit`;
  return (
    <FieldFrame field={field} className="pv-field--short">
      <div className="pv-with-unit">
        <input
          id={field.id}
          type="text"
          inputMode="decimal"
          autoComplete="off"
          className={classes("kern-form-input__input", field.error && "kern-form-input__input--error")}
          value={read(typed, language) === value ? typed : show(value)}
          aria-invalid={field.error ? true : undefined}
          aria-describedby={classes(describedBy(field), unitId)}
          onChange={(event) => {
            setTyped(event.target.value);
            onChange(read(event.target.value, language));
          }}
        />
        <span id={unitId}>
          <abbr title="Euro">€</abbr>
        </span>
      </div>
    </FieldFrame>
  );
}
