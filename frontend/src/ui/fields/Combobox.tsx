import { useRef, useState, type KeyboardEvent } from "react";
import { useWords } from "../../i18n";
import { classes } from "../../lib/classes";
import { describedBy, FieldFrame, type FieldProps } from "./FieldParts";

export interface ComboboxOption {
  id: string;
  label: string;
  detail?: string;
}

/**
 * A text field with suggestions (ARIA 1.2 combobox with a list box). The person may take a suggestion or go on with what was
 * typed: Enter without a marked suggestion leaves it to the form around it.
 */
export function Combobox({
  value,
  onChange,
  options,
  onChoose,
  autoComplete = "off",
  inputMode,
  ...field
}: FieldProps & {
  value: string;
  onChange: (value: string) => void;
  options: ComboboxOption[];
  onChoose: (option: ComboboxOption) => void;
  autoComplete?: string;
  inputMode?: "text" | "search";
}) {
  const t = useWords();
  const [open, setOpen] = useState(false);
  const [marked, setMarked] = useState(-1);
  const listRef = useRef<HTMLDivElement>(null);
  const listId = `${field.id}-list`;
  const shown = open && options.length > 0;
  const current = shown ? options[marked] : undefined;

  const close = () => {
    setOpen(false);
    setMarked(-1);
  };
  const choose = (option: ComboboxOption) => {
    close();
    onChoose(option);
  };
  const mark = (index: number) => {
    setMarked(index);
    listRef.current?.children[index]?.scrollIntoView({ block: "nearest" });
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const last = options.length - 1;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (!shown) setOpen(true);
      else if (event.key === "ArrowDown") mark(marked >= last ? 0 : marked + 1);
      else mark(marked <= 0 ? last : marked - 1);
    } else if (event.key === "Enter" && current) {
      event.preventDefault();
      choose(current);
    } else if (event.key === "Enter" || event.key === "Tab") {
      close();
    } else if (event.key === "Escape" && shown) {
      event.preventDefault();
      close();
    }
  };

  return (
    <FieldFrame field={field} className="pv-combobox">
      <input
        id={field.id}
        type="text"
        role="combobox"
        inputMode={inputMode}
        autoComplete={autoComplete}
        autoCapitalize="none"
        spellCheck={false}
        enterKeyHint="search"
        className={classes("kern-form-input__input", field.error && "kern-form-input__input--error")}
        value={value}
        aria-autocomplete="list"
        aria-expanded={shown}
        aria-controls={listId}
        aria-activedescendant={current ? `${listId}-${marked}` : undefined}
        aria-invalid={field.error ? true : undefined}
        aria-describedby={describedBy(field)}
        onChange={(event) => {
          setOpen(true);
          setMarked(-1);
          onChange(event.target.value);
        }}
        onKeyDown={onKeyDown}
        onBlur={close}
      />
      <div
        ref={listRef}
        id={listId}
        role="listbox"
        aria-label={t("suggestions")}
        className="pv-combobox__list"
        hidden={!shown}
      >
        {shown &&
          options.map((option, index) => (
            // Keys reach the option through aria-activedescendant of the field.
            // oxlint-disable-next-line jsx-a11y/click-events-have-key-events, jsx-a11y/interactive-supports-focus
            <div
              key={option.id}
              id={`${listId}-${index}`}
              role="option"
              aria-selected={index === marked}
              onPointerDown={(event) => event.preventDefault()}
              onClick={() => choose(option)}
            >
              <span>{option.label}</span>
              {option.detail !== undefined && <span className="pv-combobox__detail">{option.detail}</span>}
            </div>
          ))}
      </div>
      <p className="pv-hidden" role="status">
        {shown ? t("suggestionCount", { count: options.length }) : ""}
      </p>
    </FieldFrame>
  );
}
