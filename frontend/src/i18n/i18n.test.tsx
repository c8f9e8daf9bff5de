import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { act, render, screen } from "@testing-library/react";
import { beforeEach, describe, expect, test } from "vitest";
import { chooseLanguage, languages, loadWords, startI18n, useWords } from ".";

type Tree = { [name: string]: string | Tree };

const folder = import.meta.dirname;
const read = (language: string, file: string) =>
  JSON.parse(readFileSync(join(folder, language, file), "utf8")) as Tree;

function texts(tree: Tree, path = ""): Map<string, string> {
  const found = new Map<string, string>();
  for (const [name, value] of Object.entries(tree)) {
    const here = path === "" ? name : `${path}.${name}`;
    if (typeof value === "string") found.set(here, value);
    else for (const [key, text] of texts(value, here)) found.set(key, text);
  }
  return found;
}

const placeholders = (text: string) =>
  [...text.matchAll(/\{\{(\w+)\}\}/g)].map((match) => match[1]).toSorted();

const features = readdirSync(join(folder, "de"));

describe("language files", () => {
  test("every language has the same features", () => {
    for (const language of languages) expect(readdirSync(join(folder, language))).toEqual(features);
  });

  test.each(features)("%s says everything in every language, with the same placeholders", (file) => {
    const german = texts(read("de", file));
    for (const language of languages) {
      const other = texts(read(language, file));
      expect([...other.keys()], language).toEqual([...german.keys()]);
      for (const [key, text] of other) {
        expect(text.trim(), `${language} ${key}`).not.toBe("");
        expect(placeholders(text), `${language} ${key}`).toEqual(placeholders(german.get(key) ?? ""));
      }
    }
  });
});

function Speaker() {
  const t = useWords();
  return (
    <p>
      {t("close")} | {t("catalog:results.for", { q: "Hund" })} | {t("catalog:results.count", { count: 1 })} |{" "}
      {t("catalog:results.count", { count: 2 })} | {t("mailbox:unread", { count: 0 })}
    </p>
  );
}

describe("useWords", () => {
  beforeEach(async () => {
    await startI18n("de");
    await loadWords("catalog", "mailbox");
  });

  test("fills in values and chooses singular, plural and none", () => {
    render(<Speaker />);
    expect(screen.getByText(/Schließen/)).toHaveTextContent(
      "Schließen | Ergebnisse für „Hund“ | 1 Leistung gefunden | 2 Leistungen gefunden | Keine neuen Nachrichten",
    );
  });

  test("follows a change of language and names it in the page", async () => {
    render(<Speaker />);
    await act(() => chooseLanguage("en"));
    expect(screen.getByText(/Close/)).toHaveTextContent("Results for “Hund” | 1 service found");
    expect(document.documentElement.lang).toBe("en");
    expect(localStorage.getItem("language")).toBe("en");
  });
});
