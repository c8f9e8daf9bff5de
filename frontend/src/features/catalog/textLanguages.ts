import type { Service } from "./api";

/** Gives the language of a text by its pointer; undefined where it is that of the page, and nothing needs to say so. */
export type TextLanguageOf = (pointer: string) => string | undefined;

/** In which language each text of a service is, as seen from a page in `page`. */
export function textLanguages(
  { language, otherLanguages }: Pick<Service, "language" | "otherLanguages">,
  page: string,
): TextLanguageOf {
  const others = new Map(otherLanguages.map((text) => [text.pointer, text.language]));
  return (pointer) => {
    const spoken = others.get(pointer) ?? language;
    return spoken === page ? undefined : spoken;
  };
}
