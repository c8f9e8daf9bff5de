import i18next, { type ResourceLanguage } from "i18next";
import { initReactI18next } from "react-i18next";
import { readLocal, writeLocal } from "../lib/storage";

/** Languages that the portal speaks; German is the one everything exists in. */
export const languages = ["de", "en"] as const;
export type Language = (typeof languages)[number];

const storageKey = "language";

/** One file a feature and language, fetched when a page first needs it. */
const files = import.meta.glob<{ default: ResourceLanguage }>("./*/*.json");

/** Features whose words are in use, so that a change of language fetches them all. */
const inUse = new Set<string>();

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

async function fetchWords(language: Language, features: Iterable<string>): Promise<void> {
  const missing = [...features].filter((feature) => !i18next.hasResourceBundle(language, feature));
  await Promise.all(
    missing.map(async (feature) => {
      const load = files[`./${language}/${feature}.json`];
      if (!load) throw new Error(`no words for ${feature} in ${language}`);
      const file = await load();
      i18next.addResourceBundle(language, feature, file.default);
    }),
  );
}

/** Fetches the words of features; route loaders call it, so that a page never shows without its texts. */
export async function loadWords(...features: string[]): Promise<void> {
  for (const feature of features) inUse.add(feature);
  await fetchWords(currentLanguage(), features);
}

/** Switches the language, here and on the next visit. */
export async function chooseLanguage(language: Language): Promise<void> {
  await fetchWords(language, inUse);
  writeLocal(storageKey, language);
  await i18next.changeLanguage(language);
}

/** Starts with the words that every page needs. */
export async function startI18n(): Promise<void> {
  i18next.on("languageChanged", (language) => {
    document.documentElement.lang = language;
  });
  const language = firstLanguage();
  await i18next.use(initReactI18next).init({
    lng: language,
    fallbackLng: false,
    resources: {},
    defaultNS: "common",
    interpolation: { escapeValue: false },
    react: { useSuspense: false },
  });
  await loadWords("common");
}
