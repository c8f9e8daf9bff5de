import { useCallback, useSyncExternalStore } from "react";
import { defined } from "../lib/defined";
import { readLocal, writeLocal } from "../lib/storage";
import type { Feature, Say, WordKey, WordValues } from "./words";

export type { Say } from "./words";

/** Languages that the portal speaks; German is the one everything exists in. */
export const languages = ["de", "en"] as const;
export type Language = (typeof languages)[number];

type Tree = { [name: string]: string | Tree };

const storageKey = "language";

/** One file a feature and language, fetched when a page first needs it. */
const files = import.meta.glob<{ default: Tree }>("./*/*.json");
const loaded = new Map<string, Tree>();
const inUse = new Set<Feature>();
const listeners = new Set<() => void>();
let language: Language = "de";

function isLanguage(value: string | null | undefined): value is Language {
  return languages.some((known) => known === value);
}

/** The language chosen on this device, else the browser's, else German. */
function firstLanguage(): Language {
  const stored = readLocal(storageKey);
  if (isLanguage(stored)) return stored;
  return navigator.languages.map((wish) => wish.split("-")[0]).find(isLanguage) ?? "de";
}

/** The language that texts are shown in right now, as BCP 47. */
export function currentLanguage(): Language {
  return language;
}

async function fetchWords(wanted: Language, features: Iterable<Feature>): Promise<void> {
  await Promise.all(
    [...features].map(async (feature) => {
      const name = `./${wanted}/${feature}.json`;
      const load = files[name];
      if (loaded.has(name) || !load) return;
      loaded.set(name, (await load()).default);
    }),
  );
}

/** Fetches the words of features; route loaders call it, so that a page never shows without its texts. */
export async function loadWords(...features: Feature[]): Promise<void> {
  for (const feature of features) inUse.add(feature);
  await fetchWords(language, features);
}

/** Switches the language, here and on the next visit. */
export async function chooseLanguage(next: Language): Promise<void> {
  await fetchWords(next, inUse);
  writeLocal(storageKey, next);
  setLanguage(next);
}

/** Starts with the words that every page needs, in the given language or the person's own. */
export async function startI18n(first: Language = firstLanguage()): Promise<void> {
  setLanguage(first);
  await loadWords("common");
}

function setLanguage(next: Language): void {
  language = next;
  document.documentElement.lang = next;
  for (const listener of listeners) listener();
}

/** Looks a text up; a key without a text shows itself, so that it is noticed. */
function say(spoken: Language, key: WordKey, values: WordValues = {}): string {
  const colon = key.indexOf(":");
  const feature = colon < 0 ? "common" : key.slice(0, colon);
  const path = key.slice(colon + 1).split(".");
  const { count } = values;
  const text =
    typeof count === "number"
      ? (find(spoken, feature, path, count === 0 ? "_zero" : "") ??
        find(spoken, feature, path, `_${new Intl.PluralRules(spoken).select(count)}`))
      : find(spoken, feature, path, "");
  return (text ?? key).replaceAll(/\{\{(\w+)\}\}/g, (_, name: string) => String(values[name] ?? ""));
}

function find(spoken: Language, feature: string, path: string[], suffix: string): string | undefined {
  let node: string | Tree | undefined = loaded.get(`./${spoken}/${feature}.json`);
  path.forEach((name, index) => {
    const last = index === path.length - 1;
    node = typeof node === "object" ? node[last ? name + suffix : name] : undefined;
  });
  return typeof node === "string" ? node : undefined;
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Says things in the language of the page; what uses it follows a change of language. */
export function useWords(): Say {
  const spoken = useSyncExternalStore(subscribe, currentLanguage);
  return useCallback<Say>((key, values) => say(spoken, key, values && defined(values)), [spoken]);
}
