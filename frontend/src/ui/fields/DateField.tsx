import { useState } from "react";
import { useWords } from "../../i18n";
import { classes } from "../../lib/classes";
import { joinDate, splitDate, type DateParts } from "../../lib/dates";
import { describedBy, FieldsetFrame, type FieldProps } from "./FieldParts";

const partsOfDate = ["day", "month", "year"] as const;

/**
 * A date in three fields. `value` is ISO 8601 when it is a date (`2024-03-09`), and what was typed when it is not yet one.
 */
export function DateField({
  value,
  onChange,
  onBlur,
  birthday = false,
  ...field
}: FieldProps & {
  value: string;
  onChange: (value: string) => void;
  onBlur?: () => void;
  /** Lets the browser fill in the person's own date of birth. */
  birthday?: boolean;
}) {
  const t = useWords();
  const [typed, setTyped] = useState<DateParts>(() => splitDate(value));
  const parts = joinDate(typed) === value ? typed : splitDate(value);
  const change = (name: keyof DateParts, text: string) => {
    const next = { ...parts, [name]: text };
    setTyped(next);
    onChange(joinDate(next));
  };
  return (
    <FieldsetFrame field={field}>
      <div className="pv-date">
        {partsOfDate.map((name, index) => {
          const id = index === 0 ? field.id : `${field.id}-${name}`;
          return (
            <div key={name} className="kern-form-input">
              <label className="kern-label" htmlFor={id}>
                {t(`date.${name}`)}
              </label>
              <input
                id={id}
                type="text"
                inputMode="numeric"
                autoComplete={birthday ? `bday-${name}` : "off"}
                maxLength={name === "year" ? 4 : 2}
                className={classes("kern-form-input__input", field.error && "kern-form-input__input--error")}
                value={parts[name]}
                aria-invalid={field.error ? true : undefined}
                aria-describedby={describedBy(field)}
                onChange={(event) => change(name, event.target.value)}
                onBlur={(event) => {
                  const next = event.relatedTarget;
                  if (!(next instanceof HTMLElement) || !next.id.startsWith(field.id)) onBlur?.();
                }}
              />
            </div>
          );
        })}
      </div>
    </FieldsetFrame>
  );
}
