import i18next, { type BackendModule, type ResourceLanguage } from "i18next";
import { initReactI18next } from "react-i18next";
import { readLocal, writeLocal } from "../lib/storage";

/** Languages that the portal speaks; the first is the fallback. */
export const languages = ["de", "en"] as const;
export type Language = (typeof languages)[number];

const storageKey = "language";

/** One file a feature and language, fetched when a page first needs it. */
const files = import.meta.glob<{ default: ResourceLanguage }>("./*/*.json");

const backend: BackendModule = {
  type: "backend",
  init() {
    // Nothing to prepare: the files are part of the build.
  },
  read(language, namespace, callback) {
    const load = files[`./${language}/${namespace}.json`];
    if (!load) {
      callback(new Error(`no words for ${namespace} in ${language}`), null);
      return;
    }
    load().then(
      (file) => callback(null, file.default),
      (error: unknown) => callback(error instanceof Error ? error : new Error(String(error)), null),
    );
  },
};

function isLanguage(value: string | null): value is Language {
  return languages.some((language) => language === value);
}

/** The language chosen on this device, else the browser's, else German. */
function firstLanguage(): Language {
  const stored = readLocal(storageKey);
  if (isLanguage(stored)) return stored;
  for (const wish of navigator.languages) {
    const base = wish.split("-")[0] ?? "";
    if (isLanguage(base)) return base;
  }
  return "de";
}

/** The language that texts are shown in right now, as BCP 47. */
export function currentLanguage(): Language {
  return isLanguage(i18next.language) ? i18next.language : "de";
}

/** Switches the language, here and on the next visit. */
export async function chooseLanguage(language: Language): Promise<void> {
  writeLocal(storageKey, language);
  await i18next.changeLanguage(language);
}

/** Starts i18next with the words every page needs; other namespaces come with their pages. */
export async function startI18n(): Promise<void> {
  i18next.on("languageChanged", (language) => {
    document.documentElement.lang = language;
  });
  await i18next
    .use(backend)
    .use(initReactI18next)
    .init({
      lng: firstLanguage(),
      fallbackLng: false,
      supportedLngs: [...languages],
      ns: ["common"],
      defaultNS: "common",
      partialBundledLanguages: true,
      interpolation: { escapeValue: false },
      returnNull: false,
    });
}

/** Fetches the words of a feature; route loaders call it so that a page never shows without its texts. */
export function loadWords(...namespaces: string[]): Promise<void> {
  return i18next.loadNamespaces(namespaces);
}
