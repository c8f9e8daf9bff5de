import { expect, test } from "vitest";
import { textLanguages } from "./textLanguages";

test("only texts in another language than the page say so", () => {
  const english = textLanguages(
    { language: "en", otherLanguages: [{ pointer: "/description", language: "de" }] },
    "en",
  );
  expect(english("/title")).toBeUndefined();
  expect(english("/description")).toBe("de");
  const german = textLanguages(
    { language: "en", otherLanguages: [{ pointer: "/description", language: "de" }] },
    "de",
  );
  expect(german("/title")).toBe("en");
  expect(german("/description")).toBeUndefined();
});
