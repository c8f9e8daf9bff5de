import type { Say } from "../../i18n";

/** German in Leichte Sprache, as BCP 47 writes it. */
export const easy = "de-x-ls";

/** The name of a language in the language of the page, or how it names itself. */
export function languageName(language: string, spoken: string, t: Say): string {
  if (language === easy) return t("catalog:language.easy");
  return new Intl.DisplayNames([spoken], { type: "language" }).of(language) ?? language;
}
