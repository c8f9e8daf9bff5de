import type { ReactNode } from "react";
import { useWords } from "../../i18n";
import { classes } from "../../lib/classes";
import { Icon } from "../Icon";

/** What every field has. The error summary links to the element with `id`. */
export interface FieldProps {
  id: string;
  label: ReactNode;
  hint?: ReactNode;
  /** What is wrong, in words; undefined while nothing is. */
  error?: string | undefined;
  /** Marks the field as one that may be left out. */
  optional?: boolean;
  /** Where the value came from, when the person has not typed it. */
  origin?: ReactNode;
}

/** Ids of the texts that describe a field, for aria-describedby. */
export function describedBy({ id, hint, error, origin }: FieldProps): string | undefined {
  const ids = classes(hint ? `${id}-hint` : "", origin ? `${id}-origin` : "", error ? `${id}-error` : "");
  return ids === "" ? undefined : ids;
}

/** "(optional)" behind a label. */
export function OptionalMark({ optional }: { optional?: boolean | undefined }) {
  const t = useWords();
  return optional ? (
    <>
      {" "}
      <span className="kern-label__optional">{t("optional")}</span>
    </>
  ) : null;
}

/** The hint under a label. */
export function Hint({ id, hint }: Pick<FieldProps, "id" | "hint">) {
  return hint ? (
    <div className="kern-hint" id={`${id}-hint`}>
      {hint}
    </div>
  ) : null;
}

/** The remark that a value was taken over from elsewhere. */
export function Origin({ id, origin }: Pick<FieldProps, "id" | "origin">) {
  return origin ? (
    <p className="pv-origin" id={`${id}-origin`}>
      <Icon name="account-circle" size="small" />
      {origin}
    </p>
  ) : null;
}

/** The error under a field. */
export function FieldErrorText({ id, error }: Pick<FieldProps, "id" | "error">) {
  const t = useWords();
  return error ? (
    <p className="kern-error" id={`${id}-error`}>
      <Icon name="danger" />
      <span className="kern-body">
        <span className="pv-hidden">{t("errorPrefix")}</span> {error}
      </span>
    </p>
  ) : null;
}

/** Label, hint, control, origin and error of a field with one control. */
export function FieldFrame({
  field,
  className,
  children,
}: {
  field: FieldProps;
  className?: string;
  children: ReactNode;
}) {
  return (
    <div className={classes("kern-form-input", field.error && "kern-form-input--error", className)}>
      <label className="kern-label" htmlFor={field.id}>
        {field.label}
        <OptionalMark optional={field.optional} />
      </label>
      <Hint id={field.id} hint={field.hint} />
      {children}
      <Origin id={field.id} origin={field.origin} />
      <FieldErrorText id={field.id} error={field.error} />
    </div>
  );
}

/** Legend, hint, controls, origin and error of a question with several controls. */
export function FieldsetFrame({ field, children }: { field: FieldProps; children: ReactNode }) {
  return (
    <fieldset
      className={classes("kern-fieldset", field.error && "kern-fieldset--error")}
      aria-describedby={describedBy(field)}
    >
      <legend className="kern-label">
        {field.label}
        <OptionalMark optional={field.optional} />
      </legend>
      <Hint id={field.id} hint={field.hint} />
      {children}
      <Origin id={field.id} origin={field.origin} />
      <FieldErrorText id={field.id} error={field.error} />
    </fieldset>
  );
}
