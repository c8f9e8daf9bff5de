import type { Schemas } from "../api/client";
import { centsText, formatMoney } from "./money";

export type FeeItem = Schemas["FeeItem"];

/** What an item of a fee is reckoned from: hundredths, cents, per cent. */
export type FeeItemParts = Pick<FeeItem, "quantity" | "unitAmount" | "taxRate">;

/** `amount` × `part` / `whole`, half a unit up; all of them are whole numbers, and so is every step. */
function share(amount: number, part: number, whole: number): number {
  const product = amount * part;
  const rest = product % whole;
  return (product - rest) / whole + (2 * rest >= whole ? 1 : 0);
}

/** Reckons an item as the portal does: net is rounded, and then tax on net. */
export function reckonItem({ quantity, unitAmount, taxRate }: FeeItemParts): {
  net: number;
  tax: number;
  gross: number;
} {
  const net = share(unitAmount, quantity, 100);
  const tax = share(net, taxRate, 100);
  return { net, tax, gross: net + tax };
}

/** A quantity in hundredths as people write it: `1,5`. */
export function quantityText(quantity: number, language: string): string {
  return centsText(quantity, language)
    .replace(/[.,]00$/, "")
    .replace(/([.,]\d)0$/, "$1");
}

/** How an item comes about: `12 × 0,50 € = 6,00 €, mit 19 % Umsatzsteuer 7,14 €`, without its label. */
export function itemSum(
  item: FeeItem,
  language: string,
  withTax: (rate: number, gross: string) => string,
): string {
  const money = (cents: number) => formatMoney(cents, "EUR", language);
  const sum = `${quantityText(item.quantity, language)} × ${money(item.unitAmount)} = ${money(item.net)}`;
  return item.taxRate === 0 ? sum : `${sum}, ${withTax(item.taxRate, money(item.gross))}`;
}
