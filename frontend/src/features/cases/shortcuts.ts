import { useQuery } from "@tanstack/react-query";
import { useEffect, useRef } from "react";
import { useWords } from "../../i18n";
import { useStatus } from "../../ui/Status";
import { deskSettingsQuery } from "./api";

/**
 * What single keys do at the desk, in the order in which they are listed. None of them searches in the page, as `/` and `'` do in Firefox;
 * where a screen reader uses letters itself, it takes them before the page does.
 */
export const shortcuts = {
  next: "n",
  previous: "v",
  list: "e",
  take: "m",
  answers: "a",
  ask: "r",
  decide: "d",
  message: "b",
  close: "o",
  search: "s",
  help: "?",
} as const;
export type Shortcut = keyof typeof shortcuts;

const leaving: ReadonlySet<Shortcut> = new Set<Shortcut>(["next", "previous", "list"]);

/** Where keys write or choose something. */
const typing = "input, select, textarea, [contenteditable], [role=combobox], [role=listbox], [role=textbox]";

/** The key of a shortcut that was pressed: none with another key held, while it repeats, in a field, or while a dialog is open. */
export function pressed(event: KeyboardEvent): string | undefined {
  if (event.defaultPrevented || event.repeat || event.isComposing) return undefined;
  if (event.ctrlKey || event.metaKey || event.altKey) return undefined;
  if (event.shiftKey && event.key !== shortcuts.help) return undefined;
  if (event.target instanceof Element && event.target.closest(typing) !== null) return undefined;
  if (document.querySelector("dialog[open]") !== null) return undefined;
  return event.key.toLowerCase(); // as it is written with the caps lock
}

/** Whether somebody has written or chosen something here that would be lost. */
function hasUnsent(): boolean {
  if (document.querySelector("main [data-unsent]") !== null) return true;
  return [...document.querySelectorAll("main textarea")].some(
    (field) => field instanceof HTMLTextAreaElement && field.value.trim() !== "",
  );
}

/**
 * Has a key do something while the component is there, unless the person has turned that off. Answers what the element that does the same says
 * of it (`aria-keyshortcuts`). Without something to do, the key does nothing.
 */
export function useShortcut(name: Shortcut, run: (() => void) | undefined): string | undefined {
  const t = useWords();
  const status = useStatus();
  const on = useQuery(deskSettingsQuery).data?.shortcuts === true && run !== undefined;
  const act = useRef(() => {});
  useEffect(() => {
    act.current = () => {
      if (leaving.has(name) && hasUnsent()) status(t("cases:keys.unsent"));
      else run?.();
    };
  });
  useEffect(() => {
    if (!on) return;
    const listen = (event: KeyboardEvent) => {
      if (pressed(event) !== shortcuts[name]) return;
      event.preventDefault();
      act.current();
    };
    document.addEventListener("keydown", listen);
    return () => document.removeEventListener("keydown", listen);
  }, [name, on]);
  return on ? shortcuts[name] : undefined;
}
