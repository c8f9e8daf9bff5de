import { useState } from "react";
import { TextField } from "./TextField";
import type { FieldProps } from "./FieldParts";

/** Reads a number as people write it: `1.234,5` in German, `1,234.5` in English, and each other's plain form. */
export function parseNumber(text: string, language: string): number | undefined {
  const trimmed = text.replaceAll(/[\s\u00a0\u202f']/g, "");
  const [group, decimal] = language.startsWith("de") ? [".", ","] : [",", "."];
  const grouped = new RegExp(`^-?\\d{1,3}(?:\\${group}\\d{3})+(?:\\${decimal}\\d+)?$`);
  const plain = grouped.test(trimmed) ? trimmed.replaceAll(group, "") : trimmed;
  const normal = plain.replace(",", ".");
  return /^-?\d+(?:\.\d+)?$/.test(normal) ? Number(normal) : undefined;
}

/**
 * A number. What is typed stays as typed; `onChange` gets the number, the text when it is none (so that the check names
 * it), or undefined when the field is empty.
 */
export function NumberField({
  value,
  onChange,
  onBlur,
  language,
  decimal = false,
  width = "short",
  ...field
}: FieldProps & {
  value: number | string | undefined;
  onChange: (value: number | string | undefined) => void;
  onBlur?: () => void;
  language: string;
  decimal?: boolean;
  width?: "short" | "medium" | "long";
}) {
  const [typed, setTyped] = useState(() => show(value, language));
  const parsed = typed.trim() === "" ? undefined : (parseNumber(typed, language) ?? typed);
  const text = parsed === value ? typed : show(value, language);
  return (
    <TextField
      {...field}
      width={width}
      value={text}
      input={{ inputMode: decimal ? "decimal" : "numeric", autoComplete: "off" }}
      onChange={(next) => {
        setTyped(next);
        onChange(next.trim() === "" ? undefined : (parseNumber(next, language) ?? next));
      }}
      {...(onBlur && { onBlur })}
    />
  );
}

function show(value: number | string | undefined, language: string): string {
  if (typeof value !== "number") return value ?? "";
  return language.startsWith("de") ? String(value).replace(".", ",") : String(value);
}
