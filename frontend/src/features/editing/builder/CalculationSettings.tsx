import type { ReactNode } from "react";
import { localText, type Calculation, type ShowWhen, type Term } from "../../../forms/definition";
import { currentLanguage, useWords } from "../../../i18n";
import { Button } from "../../../ui/Button";
import { Checkboxes, Declaration, Select } from "../../../ui/fields/ChoiceFields";
import { useStatus } from "../../../ui/Status";
import type { FormContent } from "./api";
import {
  changedTerm,
  groups,
  isChoice,
  isDate,
  isFee,
  isFigure,
  setCalculation,
  setFee,
  sources,
  type Source,
} from "./calculation";
import type { Place } from "./model";
import { Figure, filled, focusSoon, Texts } from "./parts";

interface CalculationProps {
  content: FormContent;
  place: Place;
  calculation: Calculation;
  onChange: (content: FormContent) => void;
}

/** What is calculated from the answers: a sum of terms, each an amount and how often it counts. */
export function CalculationSettings({ content, place, calculation, onChange }: CalculationProps) {
  const t = useWords();
  const status = useStatus();
  const { terms, unit } = calculation;
  const set = (change: Parameters<typeof setCalculation>[3]) =>
    onChange(setCalculation(content, place, calculation, change));
  const swap = (index: number, by: -1 | 1) => {
    const term = terms[index];
    const other = terms[index + by];
    if (!term || !other) return;
    set({ terms: terms.with(index, other).with(index + by, term) });
    const position = index + by;
    const last = position === (by < 0 ? 0 : terms.length - 1);
    focusSoon(`term-${last === by < 0 ? "down" : "up"}-${position}`);
    status(
      t("editing:list.moved", {
        item: t("builder:calculation.term", { number: index + 1 }),
        position: position + 1,
      }),
    );
  };
  return (
    <>
      <Select
        id="q-unit"
        label={t("builder:calculation.unit")}
        options={[
          { value: "cents", label: t("builder:calculation.cents") },
          { value: "count", label: t("builder:calculation.count") },
        ]}
        value={unit}
        onChange={(next) => set({ unit: next === "count" ? "count" : "cents" })}
      />
      {unit === "cents" && (
        <Declaration
          id="q-fee"
          label={t("builder:calculation.fee")}
          hint={t("builder:calculation.feeHint")}
          checked={isFee(content, place)}
          onChange={(fee) => onChange(setFee(content, place, fee))}
        />
      )}
      <section className="pv-stack pv-stack--small" aria-labelledby="terms-title">
        <h3 id="terms-title">{t("builder:calculation.terms")}</h3>
        <p className="pv-small pv-muted">{t("builder:calculation.termsHint")}</p>
        {terms.map((term, index) => (
          <TermSettings
            // Terms have no names of their own.
            // oxlint-disable-next-line react/no-array-index-key
            key={index}
            content={content}
            place={place}
            unit={unit}
            term={term}
            index={index}
            count={terms.length}
            onChange={(next) => set({ terms: terms.with(index, next) })}
            onMove={(by) => swap(index, by)}
            onRemove={() => {
              set({ terms: terms.toSpliced(index, 1) });
              document.getElementById("term-add")?.focus();
            }}
          />
        ))}
        <div>
          <Button
            id="term-add"
            variant="secondary"
            icon="add"
            onClick={() => {
              set({ terms: [...terms, { amount: 0 }] });
              focusSoon(`q-term-${terms.length}-label-de`);
            }}
          >
            {t("builder:calculation.addTerm")}
          </Button>
        </div>
      </section>
      <Figure
        id="q-sum-most"
        label={t(unit === "cents" ? "builder:calculation.mostCents" : "builder:calculation.most")}
        optional
        cents={unit === "cents"}
        value={calculation.atMost}
        onChange={(atMost) => set({ atMost })}
      />
    </>
  );
}

interface TermProps {
  content: FormContent;
  place: Place;
  unit: Calculation["unit"];
  term: Term;
  index: number;
  count: number;
  onChange: (term: Term) => void;
  onMove: (by: -1 | 1) => void;
  onRemove: () => void;
}

function TermSettings({ content, place, unit, term, index, count, onChange, onMove, onRemove }: TermProps) {
  const t = useWords();
  const number = index + 1;
  const id = (part: string) => `q-term-${index}-${part}`;
  const set = (change: Parameters<typeof changedTerm>[1]) => onChange(changedTerm(term, change));
  const repeating = groups(content, place);
  const known = sources(content, place, term.each);
  const figures = known.filter(isFigure);
  const counted = term.each !== undefined || term.times !== undefined || term.days !== undefined;
  const named = (action: string): ReactNode => (
    <>
      {action}
      <span className="pv-hidden"> {t("builder:calculation.term", { number })}</span>
    </>
  );
  return (
    <section className="pv-group__item pv-stack pv-stack--small" aria-labelledby={id("title")}>
      <h4 id={id("title")}>{t("builder:calculation.term", { number })}</h4>
      <Texts
        id={`term-${index}-label`}
        label={t("builder:calculation.label")}
        optional
        value={term.label}
        onChange={(label) => set({ label: filled(label) })}
      />
      <Figure
        id={id("amount")}
        label={t(unit === "cents" ? "builder:calculation.amountCents" : "builder:calculation.amount")}
        hint={t("builder:calculation.amountHint")}
        cents={unit === "cents"}
        value={term.amount}
        onChange={(amount) => set({ amount: amount ?? 0 })}
      />
      {(repeating.length > 0 || term.each !== undefined) && (
        <Select
          id={id("each")}
          label={t("builder:calculation.each")}
          optional
          empty={t("builder:calculation.once")}
          options={optionsOf(repeating, t)}
          value={term.each ?? ""}
          onChange={(each) => set({ each: each === "" ? undefined : each })}
        />
      )}
      {figures.length > 0 && (
        <Checkboxes
          id={id("times")}
          label={t("builder:calculation.times")}
          hint={t("builder:calculation.timesHint")}
          options={optionsOf(figures, t)}
          value={term.times ?? []}
          onChange={(times) => set({ times: times.length > 0 ? times : undefined })}
        />
      )}
      <Days id={id} dates={known.filter(isDate)} days={term.days} onChange={(days) => set({ days })} />
      {(counted || term.less !== undefined || term.atMost !== undefined) && (
        <div className="pv-fields-row">
          <Figure
            id={id("less")}
            label={t("builder:calculation.less")}
            optional
            value={term.less}
            onChange={(less) => set({ less: whole(less) })}
          />
          <Figure
            id={id("most")}
            label={t("builder:calculation.atMost")}
            optional
            value={term.atMost}
            onChange={(atMost) => set({ atMost: whole(atMost) })}
          />
        </div>
      )}
      <Conditions
        id={id}
        choices={known.filter(isChoice)}
        when={term.when ?? []}
        onChange={(when) => set({ when: when.length > 0 ? when : undefined })}
      />
      <div className="pv-row pv-row--tight">
        {index > 0 && (
          <Button id={`term-up-${index}`} variant="tertiary" small onClick={() => onMove(-1)}>
            {named(t("editing:list.up"))}
          </Button>
        )}
        {index < count - 1 && (
          <Button id={`term-down-${index}`} variant="tertiary" small onClick={() => onMove(1)}>
            {named(t("editing:list.down"))}
          </Button>
        )}
        {count > 1 && (
          <Button variant="tertiary" small icon="delete" onClick={onRemove}>
            {named(t("editing:list.remove"))}
          </Button>
        )}
      </div>
    </section>
  );
}

const whole = (figure: number | undefined) => (figure === undefined ? undefined : Math.round(figure));

/** Questions to choose from, with their step where that is another. */
function optionsOf(list: Source[], t: ReturnType<typeof useWords>) {
  const language = currentLanguage();
  return list.map(({ name, field, step }) => {
    const own = localText(field.label, language) || t("builder:untitled");
    return { value: name, label: step ? `${localText(step.title, language)}: ${own}` : own };
  });
}

/** The days between two dates that an amount counts for. */
function Days({
  id,
  dates,
  days,
  onChange,
}: {
  id: (part: string) => string;
  dates: Source[];
  days: Term["days"];
  onChange: (days: Term["days"] | undefined) => void;
}) {
  const t = useWords();
  const options = optionsOf(dates, t);
  if (dates.length < 2 && !days) return null;
  return (
    <div className="pv-fields-row">
      <Select
        id={id("from")}
        label={t("builder:calculation.daysFrom")}
        optional
        empty={t("builder:calculation.noDays")}
        options={options}
        value={days?.from ?? ""}
        onChange={(from) => {
          const to = days?.to ?? dates.find(({ name }) => name !== from)?.name;
          onChange(from === "" || to === undefined ? undefined : { from, to });
        }}
      />
      {days && (
        <Select
          id={id("to")}
          label={t("builder:calculation.daysTo")}
          options={options}
          value={days.to}
          onChange={(to) => {
            if (to !== "") onChange({ ...days, to });
          }}
        />
      )}
    </div>
  );
}

/** Under which answers an amount counts; all must hold. */
function Conditions({
  id,
  choices,
  when,
  onChange,
}: {
  id: (part: string) => string;
  choices: Source[];
  when: ShowWhen[];
  onChange: (when: ShowWhen[]) => void;
}) {
  const t = useWords();
  const options = optionsOf(choices, t);
  const first = choices.find(({ name }) => !when.some(({ field }) => field === name));
  if (choices.length === 0 && when.length === 0) return null;
  return (
    <div className="pv-stack pv-stack--small">
      {when.map((condition, position) => (
        <Condition
          // Conditions have no names of their own.
          // oxlint-disable-next-line react/no-array-index-key
          key={position}
          id={(part) => id(`when-${position}-${part}`)}
          choices={choices}
          options={options}
          condition={condition}
          onChange={(next) => onChange(when.with(position, next))}
          onRemove={() => {
            onChange(when.toSpliced(position, 1));
            focusSoon(id("when-add"));
          }}
        />
      ))}
      {first && (
        <div>
          <Button
            id={id("when-add")}
            variant="tertiary"
            small
            icon="add"
            onClick={() => {
              onChange([...when, { field: first.name, in: valuesOf(first).slice(0, 1) }]);
              focusSoon(id(`when-${when.length}-field`));
            }}
          >
            {t("builder:calculation.addCondition")}
          </Button>
        </div>
      )}
    </div>
  );
}

const valuesOf = ({ field }: Source): string[] => (field.options ?? []).map(({ value }) => value);

function Condition({
  id,
  choices,
  options,
  condition,
  onChange,
  onRemove,
}: {
  id: (part: string) => string;
  choices: Source[];
  options: { value: string; label: string }[];
  condition: ShowWhen;
  onChange: (condition: ShowWhen) => void;
  onRemove: () => void;
}) {
  const t = useWords();
  const language = currentLanguage();
  const source = choices.find(({ name }) => name === condition.field);
  const wanted = (condition.in ?? (condition.equals === undefined ? [] : [condition.equals])).filter(
    (value) => typeof value === "string",
  );
  return (
    <div className="pv-stack pv-stack--small">
      {source ? (
        <>
          <Select
            id={id("field")}
            label={t("builder:calculation.whenField")}
            options={options}
            value={condition.field}
            onChange={(name) => {
              const next = choices.find((choice) => choice.name === name);
              if (next) onChange({ field: name, in: valuesOf(next).slice(0, 1) });
            }}
          />
          <Checkboxes
            id={id("values")}
            label={t("builder:settings.showValues")}
            options={(source.field.options ?? []).map(({ value, label }) => ({
              value,
              label: localText(label, language) || t("builder:untitled"),
            }))}
            value={wanted}
            onChange={(next) => {
              if (next.length > 0) onChange({ field: condition.field, in: next });
            }}
          />
        </>
      ) : (
        <p className="pv-small pv-muted">{t("builder:calculation.whenOther", { field: condition.field })}</p>
      )}
      <div>
        <Button variant="tertiary" small icon="delete" onClick={onRemove}>
          {t("builder:calculation.removeCondition")}
        </Button>
      </div>
    </div>
  );
}
