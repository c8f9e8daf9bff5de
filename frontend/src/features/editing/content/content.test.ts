import { describe, expect, test } from "vitest";
import type { Say } from "../../../i18n";
import type { Content } from "../api";
import { compareWords } from "./diff";
import { clean } from "./html";
import { differing, merge, withoutEmpty } from "./parts";
import { sdgLabel } from "./sdg";

const shown = (before: string, after: string) =>
  compareWords(before, after)
    .map(({ kind, text }) => ({ same: text, removed: `[-${text}-]`, added: `[+${text}+]` })[kind])
    .join("");

describe("compareWords", () => {
  test.each([
    ["", "", ""],
    ["a", "a", "a"],
    ["der alte Hund", "der neue Hund", "der [-alte-][+neue+] Hund"],
    ["Hund", "Hund anmelden", "Hund[+ anmelden+]"],
    ["eins zwei drei", "vier fünf drei", "[-eins zwei-][+vier fünf+] drei"],
  ])("%j to %j", (before, after, want) => expect(shown(before, after)).toBe(want));

  test("nothing is lost of either text", () => {
    const before = "Für jeden Hund zahlen Sie Steuer, im Jahr 60 Euro.";
    const after = "Sie zahlen für jeden Hund im Jahr 72 Euro!";
    const pieces = compareWords(before, after);
    const of = (kind: string) =>
      pieces
        .filter((piece) => piece.kind === "same" || piece.kind === kind)
        .map((piece) => piece.text)
        .join("");
    expect(of("removed")).toBe(before);
    expect(of("added")).toBe(after);
  });
});

describe("clean", () => {
  test.each([
    ["<b>fett</b> und <i>schräg</i>", "<strong>fett</strong> und <em>schräg</em>"],
    ["<div>eins</div><div>zwei</div>", "<p>eins</p><p>zwei</p>"],
    ["<h1>Titel</h1>Text", "<h3>Titel</h3><p>Text</p>"],
    ['<p onclick="x()" style="color:red">a<script>alert(1)</script></p>', "<p>a</p>"],
    ['<a href="javascript:alert(1)">x</a>', "x"],
    ['<a href="https://example.org" target="_blank">x</a>', '<a href="https://example.org">x</a>'],
    ["<p></p><p>a</p><p> </p>", "<p>a</p>"],
    ["<table><tr><td>a</td></tr></table>", "a"],
  ])("%s", (html, want) => {
    expect(clean(html)).toBe(want);
    expect(clean(clean(html))).toBe(want);
  });
});

describe("merge", () => {
  const base = { title: { de: "Hund" }, teaser: { de: "alt", en: "old" }, fees: [{ amount: 1 }] };

  test("what only one changed is taken over, what both changed is asked", () => {
    const mine = { ...base, teaser: { de: "meins", en: "old" } };
    const theirs = { ...base, teaser: { de: "ihres", en: "new" }, fees: [] };
    const merged = merge(base, mine, theirs);
    expect(merged.conflicts).toEqual(["/teaser/de"]);
    expect(merged.taken).toEqual(["/teaser/en", "/fees"]);
    expect(merged.content).toEqual({ title: { de: "Hund" }, teaser: { de: "meins", en: "new" }, fees: [] });
  });

  test("the same change of both is none", () => {
    const both = { ...base, title: { de: "Hund anmelden" } };
    expect(merge(base, both, both).conflicts).toEqual([]);
  });
});

test("differing passes over what people do not write", () => {
  const before = { id: "1", updatedAt: "a", title: { de: "x" } };
  expect(differing(before, { id: "1", updatedAt: "b", title: { de: "y" } })).toEqual(["/title/de"]);
});

test("withoutEmpty leaves out what was never filled in, and keeps the places in lists", () => {
  const typed: Content = {
    title: { de: "", en: "x" },
    teaser: {},
    fees: [{ label: {} }, { amount: 0 }],
    ok: false,
  };
  expect(withoutEmpty(typed)).toEqual({ title: { en: "x" }, fees: [{}, { amount: 0 }], ok: false });
});

describe("sdgLabel", () => {
  const t = ((key: string, values?: object) => [key, JSON.stringify(values) ?? ""].join(" ").trim()) as Say;

  test.each([
    ["1030200", 'editing:sdg.topic {"area":"editing:sdg.103","number":2,"key":"1030200"}'],
    ["2080000", 'editing:sdg.area {"area":"editing:sdg.208","key":"2080000"}'],
    ["1990000", undefined],
    ["103", undefined],
    ["", undefined],
  ])("%j is %j", (key, want) => expect(sdgLabel(key, t)).toBe(want));
});
