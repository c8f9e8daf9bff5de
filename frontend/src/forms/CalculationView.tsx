import { useWords } from "../i18n";
import { formatMoney } from "../lib/money";
import { termCount } from "./calculation";
import { dropHidden } from "./conditions";
import { localText, type Calculation } from "./definition";
import type { PlacedField } from "./layout";
import { isValues } from "./lookup";
import { fieldId, pointer, pointerParts, readAt } from "./pointers";
import type { SchemaForm } from "./useSchemaForm";

/** A value of a calculation as it is read. */
export function calculatedText(value: number, unit: Calculation["unit"], language: string): string {
  return unit === "cents"
    ? formatMoney(value, "EUR", language)
    : new Intl.NumberFormat(language).format(value);
}

/** What follows from the answers so far, such as a fee, and how it comes about. */
export function CalculationView({
  form,
  field: { layout, pointer: at },
  language,
}: {
  form: SchemaForm;
  field: PlacedField;
  language: string;
}) {
  const t = useWords();
  const { calculation } = layout;
  const value = readAt(form.toSend, at);
  if (!calculation || typeof value !== "number") return null;
  const shown = dropHidden(form.definition.layout, form.toSend);
  const step = readAt(shown, pointer(...pointerParts(at).slice(0, 1)));
  const lines = calculation.terms.flatMap((term, index) => {
    const count = termCount(term, isValues(step) ? step : {}, shown);
    return term.label && count > 0 && term.amount !== 0 ? [{ term, count, id: index }] : [];
  });
  const text = (amount: number) => calculatedText(amount, calculation.unit, language);
  return (
    <section
      className="pv-calculation"
      id={fieldId(at)}
      tabIndex={-1}
      aria-label={localText(layout.label, language)}
    >
      {lines.length > 0 && (
        <dl className="pv-calculation__lines">
          {lines.map(({ term, count, id }) => (
            <div key={id}>
              <dt>
                {localText(term.label, language)}
                {count > 1 && (
                  <span className="pv-muted"> {t("forms:term", { count, amount: text(term.amount) })}</span>
                )}
              </dt>
              <dd>{text(count * term.amount)}</dd>
            </div>
          ))}
        </dl>
      )}
      <p className="pv-calculation__sum">
        <span>{localText(layout.label, language)}</span>
        <output>{text(value)}</output>
      </p>
      {layout.hint && <p className="kern-hint">{localText(layout.hint, language)}</p>}
    </section>
  );
}
