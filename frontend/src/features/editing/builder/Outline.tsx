import { useState } from "react";
import { localText, type FieldLayout } from "../../../forms/definition";
import { currentLanguage, useWords } from "../../../i18n";
import { Button } from "../../../ui/Button";
import { Select } from "../../../ui/fields/ChoiceFields";
import type { FormContent } from "./api";
import { commonParts, questionKinds, shownKind, type Addition } from "./kinds";
import type { Place } from "./model";

const key = (place: Place) => place.join("/");

/** The steps and questions in their order; one of them is chosen, and new ones come behind it. */
export function Outline({
  content,
  chosen,
  wrong,
  onChoose,
  onAdd,
  onAddStep,
}: {
  content: FormContent;
  chosen: Place;
  /** Places at which something keeps the form from being released. */
  wrong: ReadonlySet<string>;
  onChoose: (place: Place) => void;
  onAdd: (kind: Addition) => void;
  onAddStep: () => void;
}) {
  const t = useWords();
  const language = currentLanguage();
  const [kind, setKind] = useState<string>("");
  const entry = (place: Place, label: string, kindLabel: string) => (
    <button
      type="button"
      className="pv-outline__entry"
      aria-current={key(place) === key(chosen) ? "true" : undefined}
      onClick={() => onChoose(place)}
    >
      <span>{label === "" ? t("builder:untitled") : label}</span>
      <span className="pv-small">
        {kindLabel}
        {wrong.has(key(place)) && <strong> · {t("builder:outline.wrong")}</strong>}
      </span>
    </button>
  );
  const questions = (place: Place, fields: FieldLayout[]) =>
    fields.length === 0 ? null : (
      <ol>
        {fields.map((field) => (
          <li key={field.name}>
            {entry(
              [...place, field.name],
              localText(field.label, language),
              t(`builder:kind.${shownKind(field)}`),
            )}
            {field.kind === "group" && questions([...place, field.name], field.fields ?? [])}
          </li>
        ))}
      </ol>
    );
  return (
    <section className="pv-stack pv-stack--medium" aria-labelledby="outline-title">
      <h2 id="outline-title">{t("builder:outline.title")}</h2>
      <div className="pv-outline">
        {entry([], localText(content.title, language), t("builder:outline.form"))}
        <ol>
          {content.layout.steps.map((step, index) => (
            <li key={step.id}>
              {entry(
                [step.id],
                localText(step.title, language),
                t("builder:outline.step", { number: index + 1 }),
              )}
              {questions([step.id], step.fields)}
            </li>
          ))}
        </ol>
      </div>
      <div className="pv-stack pv-stack--small">
        {content.layout.steps.length > 0 && (
          <form
            className="pv-stack pv-stack--small"
            onSubmit={(event) => {
              event.preventDefault();
              if (kind !== "") onAdd(kind as Addition);
            }}
          >
            <Select
              id="new-kind"
              label={t("builder:outline.newKind")}
              hint={t("builder:outline.newKindHint")}
              options={[
                ...questionKinds.map((value) => ({ value, label: t(`builder:kind.${value}`) })),
                ...commonParts.map((value) => ({ value, label: t(`builder:part.${value}`) })),
              ]}
              value={kind}
              onChange={setKind}
            />
            <div>
              <Button type="submit" variant="secondary" icon="add">
                {t("builder:outline.addQuestion")}
              </Button>
            </div>
          </form>
        )}
        <div>
          <Button variant="secondary" icon="add" onClick={onAddStep}>
            {t("builder:outline.addStep")}
          </Button>
        </div>
      </div>
    </section>
  );
}
