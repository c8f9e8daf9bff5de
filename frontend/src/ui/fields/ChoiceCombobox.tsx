import { useState } from "react";
import type { Choice } from "./ChoiceFields";
import { Combobox } from "./Combobox";
import type { FieldProps } from "./FieldParts";

const shownAtMost = 50;

/** How texts are compared: without capitals, accents and spaces around them. */
const plain = (text: string) => text.normalize("NFD").replaceAll(/\p{M}/gu, "").trim().toLowerCase();

const label = (option: Choice) => String(option.label);

/**
 * One of many, found by typing a part of its name. `onChange` gets the value of a choice, the text when it is none (so that the
 * check names it), or undefined when the field is empty.
 */
export function ChoiceCombobox({
  options,
  value,
  onChange,
  autoComplete,
  ...field
}: FieldProps & {
  options: Choice[];
  value: string;
  onChange: (value: string | undefined) => void;
  autoComplete?: string;
}) {
  const chosen = options.find((option) => option.value === value);
  const [typed, setTyped] = useState(() => (chosen ? label(chosen) : value));
  const read = (text: string) =>
    options.find((option) => plain(label(option)) === plain(text))?.value ?? (text.trim() || undefined);
  const text = read(typed) === (value === "" ? undefined : value) ? typed : chosen ? label(chosen) : value;
  const wanted = plain(text);
  const found = chosen ? options : options.filter((option) => plain(label(option)).includes(wanted));
  const first = found.toSorted(
    (a, b) => Number(plain(label(b)).startsWith(wanted)) - Number(plain(label(a)).startsWith(wanted)),
  );
  const change = (next: string) => {
    setTyped(next);
    onChange(read(next));
  };
  return (
    <Combobox
      {...field}
      value={text}
      onChange={change}
      options={first.slice(0, shownAtMost).map((option) => ({ id: option.value, label: label(option) }))}
      onChoose={(option) => change(option.label)}
      {...(autoComplete !== undefined && { autoComplete })}
    />
  );
}
