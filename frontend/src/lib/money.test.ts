import { expect, test } from "vitest";
import { formatBytes, formatMoney } from "./money";

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
