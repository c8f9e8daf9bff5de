import type { ReactNode } from "react";
import { useWords } from "../../i18n";
import { classes } from "../../lib/classes";
import { describedBy, FieldErrorText, FieldFrame, FieldsetFrame, Hint, type FieldProps } from "./FieldParts";

export interface Choice {
  value: string;
  label: ReactNode;
}

/** The first choice carries the field's own id, so that the error summary leads to it. */
const choiceId = (id: string, index: number) => (index === 0 ? id : `${id}-${index}`);

/** One of several, all visible. Nothing is chosen in advance. */
export function Radios({
  options,
  value,
  onChange,
  ...field
}: FieldProps & { options: Choice[]; value: string; onChange: (value: string) => void }) {
  return (
    <FieldsetFrame field={field}>
      <div className="kern-fieldset__body">
        {options.map((option, index) => (
          <div key={option.value} className="kern-form-check">
            <input
              type="radio"
              id={choiceId(field.id, index)}
              name={field.id}
              value={option.value}
              className={classes("kern-form-check__radio", field.error && "kern-form-check__radio--error")}
              checked={value === option.value}
              onChange={() => onChange(option.value)}
            />
            <label className="kern-label" htmlFor={choiceId(field.id, index)}>
              {option.label}
            </label>
          </div>
        ))}
      </div>
    </FieldsetFrame>
  );
}

/** Any number of several. */
export function Checkboxes({
  options,
  value,
  onChange,
  ...field
}: FieldProps & { options: Choice[]; value: string[]; onChange: (value: string[]) => void }) {
  const toggle = (changed: string, on: boolean) =>
    onChange(
      options.map((option) => option.value).filter((name) => (name === changed ? on : value.includes(name))),
    );
  return (
    <FieldsetFrame field={field}>
      <div className="kern-fieldset__body">
        {options.map((option, index) => (
          <div key={option.value} className="kern-form-check">
            <input
              type="checkbox"
              id={choiceId(field.id, index)}
              className={classes(
                "kern-form-check__checkbox",
                field.error && "kern-form-check__checkbox--error",
              )}
              checked={value.includes(option.value)}
              onChange={(event) => toggle(option.value, event.target.checked)}
            />
            <label className="kern-label" htmlFor={choiceId(field.id, index)}>
              {option.label}
            </label>
          </div>
        ))}
      </div>
    </FieldsetFrame>
  );
}

/** A statement that the person makes by ticking it. */
export function Declaration({
  checked,
  onChange,
  ...field
}: FieldProps & { checked: boolean; onChange: (checked: boolean) => void }) {
  return (
    <div className={classes("kern-fieldset", field.error && "kern-fieldset--error")}>
      <div className="kern-form-check">
        <input
          type="checkbox"
          id={field.id}
          className={classes("kern-form-check__checkbox", field.error && "kern-form-check__checkbox--error")}
          checked={checked}
          aria-invalid={field.error ? true : undefined}
          aria-describedby={describedBy(field)}
          onChange={(event) => onChange(event.target.checked)}
        />
        <label className="kern-label" htmlFor={field.id}>
          {field.label}
        </label>
      </div>
      <Hint id={field.id} hint={field.hint} />
      <FieldErrorText id={field.id} error={field.error} />
    </div>
  );
}

/** One of many, in the browser's own list. Starts with nothing chosen; `empty` says what that means, where it means something. */
export function Select({
  options,
  empty,
  value,
  onChange,
  onBlur,
  ...field
}: FieldProps & {
  options: Choice[];
  empty?: string;
  value: string;
  onChange: (value: string) => void;
  onBlur?: () => void;
}) {
  const t = useWords();
  return (
    <FieldFrame field={field}>
      <div className="kern-form-input__select-wrapper">
        <select
          id={field.id}
          className={classes("kern-form-input__select", field.error && "kern-form-input__select--error")}
          value={value}
          aria-invalid={field.error ? true : undefined}
          aria-describedby={describedBy(field)}
          onChange={(event) => onChange(event.target.value)}
          onBlur={onBlur}
        >
          <option value="">{empty ?? t("pleaseChoose")}</option>
          {options.map((option) => (
            <option key={option.value} value={option.value}>
              {option.label}
            </option>
          ))}
        </select>
      </div>
    </FieldFrame>
  );
}
