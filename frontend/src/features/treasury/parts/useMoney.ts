import { currentLanguage } from "../../../i18n";
import { formatMoney } from "../../../lib/money";

/** Says amounts, in the language of the page: of the contract's kind, or cents of euros. */
export function useMoney(): (amount: number | { amount: number; currency: string }) => string {
  const language = currentLanguage();
  return (amount) =>
    typeof amount === "number"
      ? formatMoney(amount, "EUR", language)
      : formatMoney(amount.amount, amount.currency, language);
}
