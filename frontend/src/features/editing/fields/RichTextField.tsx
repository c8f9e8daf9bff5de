import { useEffect, useLayoutEffect, useRef, useState, type KeyboardEvent } from "react";
import { useWords } from "../../../i18n";
import { classes } from "../../../lib/classes";
import { Button } from "../../../ui/Button";
import { Dialog } from "../../../ui/Dialog";
import { TextField } from "../../../ui/fields/TextField";
import { FieldErrorText } from "../../../ui/fields/FieldParts";
import { clean } from "../content/html";

const commands = [
  { name: "strong", command: "bold", sign: "B" },
  { name: "em", command: "italic", sign: "I" },
  { name: "heading", command: "formatBlock", argument: "h3", sign: "H" },
  { name: "paragraph", command: "formatBlock", argument: "p", sign: "¶" },
  { name: "bullets", command: "insertUnorderedList", sign: "•" },
  { name: "numbers", command: "insertOrderedList", sign: "1." },
] as const;

/**
 * A text with paragraphs, headings, lists, emphasis and links: what the portal keeps of HTML, and nothing else. Pasted text is
 * reduced to that. The buttons are one stop of the keyboard, moved between by the arrow keys.
 */
export function RichTextField({
  id,
  label,
  name,
  error,
  value,
  onChange,
}: {
  id: string;
  label: string;
  /** Of the whole text, for the buttons; `label` is the language. */
  name: string;
  error: string | undefined;
  value: string;
  onChange: (html: string) => void;
}) {
  const t = useWords();
  const ref = useRef<HTMLDivElement>(null);
  const shown = useRef<string>(undefined);
  const [selection, setSelection] = useState<Range>();
  useLayoutEffect(() => {
    if (!ref.current || shown.current === value) return;
    ref.current.innerHTML = clean(value);
    shown.current = value;
  }, [value]);
  useEffect(() => {
    document.execCommand("defaultParagraphSeparator", false, "p");
    document.execCommand("styleWithCSS", false, "false");
  }, []);
  const changed = () => {
    const html = clean(ref.current?.innerHTML ?? "");
    shown.current = html;
    onChange(html);
  };
  const apply = (command: string, argument?: string) => {
    ref.current?.focus();
    document.execCommand(command, false, argument);
    changed();
  };
  return (
    <div className={classes("kern-form-input pv-rich-field", error && "kern-form-input--error")}>
      <span className="kern-label" id={`${id}-label`}>
        {label}
      </span>
      <Toolbar
        label={t("editing:rich.toolbar", { field: `${name}, ${label}` })}
        controls={id}
        onCommand={apply}
        onLink={() => {
          const current = document.getSelection();
          const inside = current?.anchorNode && ref.current?.contains(current.anchorNode);
          setSelection(inside ? current.getRangeAt(0) : rangeAtEnd(ref.current));
        }}
      />
      <div
        ref={ref}
        id={id}
        className="kern-form-input__input pv-rich-field__text pv-rich"
        role="textbox"
        tabIndex={0}
        aria-multiline="true"
        aria-label={`${name}, ${label}`}
        aria-invalid={error ? true : undefined}
        aria-describedby={error ? `${id}-error` : undefined}
        contentEditable
        suppressContentEditableWarning
        onInput={changed}
        onPaste={(event) => {
          event.preventDefault();
          const html = event.clipboardData.getData("text/html");
          const text = event.clipboardData.getData("text/plain");
          if (html === "") document.execCommand("insertText", false, text);
          else document.execCommand("insertHTML", false, clean(html));
        }}
        onDrop={(event) => event.preventDefault()}
      />
      <FieldErrorText id={id} error={error} />
      {selection && (
        <LinkDialog
          id={`${id}-link`}
          onClose={() => setSelection(undefined)}
          onAddress={(address) => {
            setSelection(undefined);
            ref.current?.focus();
            document.getSelection()?.removeAllRanges();
            document.getSelection()?.addRange(selection);
            if (address === "") document.execCommand("unlink");
            else insertLink(selection, address);
            changed();
          }}
        />
      )}
    </div>
  );
}

function rangeAtEnd(element: HTMLElement | null): Range {
  const range = document.createRange();
  if (element) range.selectNodeContents(element);
  range.collapse(false);
  return range;
}

/** Makes the selected text a link; where nothing is selected, the address itself. */
function insertLink(selection: Range, address: string): void {
  if (!selection.collapsed) {
    document.execCommand("createLink", false, address);
    return;
  }
  const link = document.createElement("a");
  link.href = address;
  link.textContent = address;
  document.execCommand("insertHTML", false, link.outerHTML);
}

function Toolbar({
  label,
  controls,
  onCommand,
  onLink,
}: {
  label: string;
  controls: string;
  onCommand: (command: string, argument?: string) => void;
  onLink: () => void;
}) {
  const t = useWords();
  const [stop, setStop] = useState(0);
  const ref = useRef<HTMLDivElement>(null);
  const move = (event: KeyboardEvent) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    const buttons = ref.current?.querySelectorAll("button") ?? [];
    const next = (stop + step + buttons.length) % buttons.length;
    setStop(next);
    buttons[next]?.focus();
  };
  return (
    // The keys are for the buttons inside.
    // oxlint-disable-next-line jsx-a11y/interactive-supports-focus
    <div
      ref={ref}
      role="toolbar"
      aria-label={label}
      aria-controls={controls}
      className="pv-toolbar"
      onKeyDown={move}
    >
      {commands.map((item, index) => (
        <button
          key={item.name}
          type="button"
          tabIndex={stop === index ? 0 : -1}
          title={t(`editing:rich.${item.name}`)}
          aria-label={t(`editing:rich.${item.name}`)}
          onFocus={() => setStop(index)}
          onPointerDown={(event) => event.preventDefault()}
          onClick={() => onCommand(item.command, "argument" in item ? item.argument : undefined)}
        >
          <span aria-hidden>{item.sign}</span>
        </button>
      ))}
      <button
        type="button"
        tabIndex={stop === commands.length ? 0 : -1}
        title={t("editing:rich.link")}
        aria-label={t("editing:rich.link")}
        onFocus={() => setStop(commands.length)}
        onPointerDown={(event) => event.preventDefault()}
        onClick={onLink}
      >
        <span aria-hidden>🔗</span>
      </button>
    </div>
  );
}

function LinkDialog({
  id,
  onClose,
  onAddress,
}: {
  id: string;
  onClose: () => void;
  onAddress: (address: string) => void;
}) {
  const t = useWords();
  const [address, setAddress] = useState("https://");
  const [error, setError] = useState<string>();
  const take = () => {
    if (/^(?:https?:\/\/[^\s/]+|mailto:[^\s@]+@)/i.test(address.trim())) onAddress(address.trim());
    else setError(t("editing:rich.linkWrong"));
  };
  return (
    <Dialog
      open
      title={t("editing:rich.link")}
      onClose={onClose}
      actions={
        <>
          <Button variant="secondary" onClick={() => onAddress("")}>
            {t("editing:rich.unlink")}
          </Button>
          <Button onClick={take}>{t("editing:rich.setLink")}</Button>
        </>
      }
    >
      <TextField
        id={id}
        label={t("editing:rich.address")}
        hint={t("editing:rich.addressHint")}
        error={error}
        value={address}
        onChange={setAddress}
        input={{ type: "url", spellCheck: false }}
      />
    </Dialog>
  );
}
