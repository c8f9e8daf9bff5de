import { expect, test } from "vitest";
import { centsText, formatBytes, formatMoney, parseCents } from "./money";

const plain = (text: string) => text.replaceAll(/[\u00a0\u202f]/g, " ");

test("formatMoney shows minor units as the language writes them", () => {
  expect(plain(formatMoney(1250, "EUR", "de"))).toBe("12,50 €");
  expect(plain(formatMoney(0, "EUR", "en"))).toBe("€0.00");
});

test("formatBytes picks the unit a person would", () => {
  expect(plain(formatBytes(900, "de"))).toBe("900 Byte");
  expect(plain(formatBytes(2_400_000, "de"))).toBe("2,4 MB");
  expect(plain(formatBytes(24_000, "en"))).toBe("24 kB");
});

test.each([
  ["12,50", 1250],
  ["12.5", 1250],
  ["1.234,50 €", 123450],
  ["1,234.50", 123450],
  ["1.234", 123400],
  ["1.234.567", 123456700],
  ["0,29", 29],
  ["-3", -300],
  ["EUR 7", 700],
  ["12,505", undefined],
  ["12,5050", undefined],
  ["1.234.5", undefined],
  ["zwölf", undefined],
  ["1,2,3", undefined],
  ["", undefined],
])("%s is read as %s cents", (text, cents) => {
  expect(parseCents(text, "de")).toBe(cents);
});

test("thousands are grouped as the language does it", () => {
  expect(parseCents("12,505", "en")).toBe(1250500);
  expect(parseCents("12.505", "en")).toBeUndefined();
});

test("cents are written as they are typed", () => {
  expect(centsText(5, "de")).toBe("0,05");
  expect(centsText(-123450, "en")).toBe("-1234.50");
});
