import { expect, test } from "vitest";
import { itemSum, quantityText, reckonItem } from "./feeItems";

test.each([
  [
    { quantity: 100, unitAmount: 1250, taxRate: 0 },
    { net: 1250, tax: 0, gross: 1250 },
  ],
  [
    { quantity: 150, unitAmount: 5601, taxRate: 0 },
    { net: 8402, tax: 0, gross: 8402 },
  ],
  [
    { quantity: 50, unitAmount: 1, taxRate: 0 },
    { net: 1, tax: 0, gross: 1 },
  ],
  [
    { quantity: 49, unitAmount: 1, taxRate: 0 },
    { net: 0, tax: 0, gross: 0 },
  ],
  [
    { quantity: 1200, unitAmount: 50, taxRate: 19 },
    { net: 600, tax: 114, gross: 714 },
  ],
  [
    { quantity: 100, unitAmount: 50, taxRate: 19 },
    { net: 50, tax: 10, gross: 60 },
  ],
  [
    { quantity: 100, unitAmount: 150, taxRate: 7 },
    { net: 150, tax: 11, gross: 161 },
  ],
  [
    { quantity: 9_999_999, unitAmount: 99_999_900, taxRate: 0 },
    { net: 9_999_989_000_001, tax: 0, gross: 9_999_989_000_001 },
  ],
])("%o is reckoned as the portal does", (item, expected) => {
  expect(reckonItem(item)).toEqual(expected);
});

test("quantities are written without needless zeros", () => {
  expect([100, 150, 125, 1000].map((quantity) => quantityText(quantity, "de"))).toEqual([
    "1",
    "1,5",
    "1,25",
    "10",
  ]);
  expect(quantityText(150, "en")).toBe("1.5");
});

test("an item says how it comes about", () => {
  const item = {
    label: "Kopien",
    quantity: 1200,
    unitAmount: 50,
    taxRate: 19,
    ...reckonItem({ quantity: 1200, unitAmount: 50, taxRate: 19 }),
  };
  expect(itemSum(item, "de", (rate, gross) => `mit ${rate} % ${gross}`).replaceAll(/\s/g, " ")).toBe(
    "12 × 0,50 € = 6,00 €, mit 19 % 7,14 €",
  );
});
