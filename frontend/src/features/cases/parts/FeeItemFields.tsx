import { currentLanguage, useWords } from "../../../i18n";
import { reckonItem, type FeeItemParts } from "../../../lib/feeItems";
import { formatMoney, parseCents } from "../../../lib/money";
import { Button } from "../../../ui/Button";
import { Select } from "../../../ui/fields/ChoiceFields";
import { TextField } from "../../../ui/fields/TextField";
import type { FormErrors } from "../../../ui/useFormErrors";

/** An item of a fee as it is typed. */
export interface TypedItem {
  key: string;
  label: string;
  quantity: string;
  unitAmount: string;
  taxRate: string;
}

export const newItem = (): TypedItem => ({
  key: crypto.randomUUID(),
  label: "",
  quantity: "1",
  unitAmount: "",
  taxRate: "0",
});

/** Rates of value added tax in Germany, in per cent. */
const rates = ["0", "7", "19"] as const;

/** What was typed in hundredths, cents and per cent; undefined while it is not all there. */
export function readItem(item: TypedItem, language: string): FeeItemParts | undefined {
  const quantity = parseCents(item.quantity, language);
  const unitAmount = parseCents(item.unitAmount, language);
  if (quantity === undefined || unitAmount === undefined || quantity < 1 || unitAmount < 0) return undefined;
  return { quantity, unitAmount, taxRate: Number(item.taxRate) };
}

/** The fields of items by what the portal calls them. */
export function fieldsOf(items: TypedItem[]): Record<string, string> {
  return Object.fromEntries(
    items.flatMap((_, index) =>
      ["label", "quantity", "unitAmount", "taxRate"].map((name) => [
        `items/${index}/${name}`,
        `fee-${index}-${name}`,
      ]),
    ),
  );
}

/** One item of a fee. */
export function FeeItemFields({
  index,
  item,
  errors,
  onChange,
  onRemove,
}: {
  index: number;
  item: TypedItem;
  errors: FormErrors;
  onChange: (item: TypedItem) => void;
  onRemove?: () => void;
}) {
  const t = useWords();
  const language = currentLanguage();
  const id = (name: string) => `fee-${index}-${name}`;
  const text = (name: "label" | "quantity" | "unitAmount", width: "short" | "long", hint?: string) => (
    <TextField
      id={id(name)}
      label={t(`cases:setFee.${name}`)}
      error={errors.of(id(name))}
      width={width}
      {...(hint !== undefined && { hint })}
      input={{ autoComplete: "off", ...(name !== "label" && { inputMode: "decimal" }) }}
      value={item[name]}
      onChange={(value) => onChange({ ...item, [name]: value })}
    />
  );
  const read = readItem(item, language);
  const money = (cents: number) => formatMoney(cents, "EUR", language);
  return (
    <fieldset className="pv-group__item pv-stack pv-stack--medium">
      <legend>{t("cases:setFee.item", { number: index + 1 })}</legend>
      {text("label", "long")}
      {text("quantity", "short", t("cases:setFee.quantityHint"))}
      {text("unitAmount", "short")}
      <Select
        id={id("taxRate")}
        label={t("cases:setFee.taxRate")}
        error={errors.of(id("taxRate"))}
        empty={t("cases:setFee.noTax")}
        options={rates.slice(1).map((value) => ({ value, label: `${value} %` }))}
        value={item.taxRate === "0" ? "" : item.taxRate}
        onChange={(value) => onChange({ ...item, taxRate: value === "" ? "0" : value })}
      />
      {read !== undefined && (
        <p className="pv-small">
          {t("cases:setFee.itemSum", {
            net: money(reckonItem(read).net),
            tax: money(reckonItem(read).tax),
            gross: money(reckonItem(read).gross),
          })}
        </p>
      )}
      {onRemove !== undefined && (
        <div>
          <Button variant="tertiary" small icon="delete" onClick={onRemove}>
            {t("cases:setFee.remove")}
            <span className="pv-hidden"> {t("cases:setFee.item", { number: index + 1 })}</span>
          </Button>
        </div>
      )}
    </fieldset>
  );
}
