import { useEffect, useRef, useState, type ReactNode } from "react";
import { useWords } from "../i18n";
import { focusElement } from "../lib/focus";
import { Button } from "../ui/Button";
import { FieldErrorText, Hint, Origin } from "../ui/fields/FieldParts";
import { localText, type Json } from "./definition";
import { shownFields, type PlacedField } from "./layout";
import { errorMessage } from "./messages";
import { fieldId, pointer as pointerOf, pointerParts, readAt } from "./pointers";
import type { SchemaForm } from "./useSchemaForm";
import { schemaAt } from "./validation";

/** Questions that are answered once for each of several things: dogs, persons, pieces of furniture. */
export function FormGroup({
  form,
  field,
  language,
  renderField,
}: {
  form: SchemaForm;
  field: PlacedField;
  language: string;
  renderField: (field: PlacedField) => ReactNode;
}) {
  const t = useWords();
  const { layout, pointer } = field;
  const value = readAt(form.answers, pointer);
  const items: Json[] = Array.isArray(value) ? value : [];
  const schema = schemaAt(form.definition.schema, pointerParts(pointer));
  const id = fieldId(pointer);
  const own = form.errors.find((error) => error.pointer === pointer);
  const itemLabel = localText(layout.itemLabel ?? layout.label, language);
  const error = own && errorMessage(own, form.definition.layout, language, t);

  const [removed, setRemoved] = useState<{ index: number; value: Json }>();
  const moveFocusTo = useRef<number | undefined>(undefined);
  const container = useRef<HTMLFieldSetElement>(null);
  useEffect(() => {
    if (moveFocusTo.current === undefined) return;
    const headings = container.current?.querySelectorAll<HTMLElement>(".pv-group__head h2");
    const heading = headings?.[Math.min(moveFocusTo.current, headings.length - 1)];
    focusElement(heading ?? container.current);
    moveFocusTo.current = undefined;
  });

  const add = () => {
    moveFocusTo.current = items.length;
    form.set(pointer, [...items, {}]);
    setRemoved(undefined);
  };
  const remove = (index: number) => {
    moveFocusTo.current = Math.max(0, index - 1);
    const left = items.filter((_, position) => position !== index);
    form.set(pointer, left.length > 0 ? left : undefined);
    setRemoved({ index, value: items[index] ?? {} });
  };
  const undo = () => {
    if (!removed) return;
    moveFocusTo.current = removed.index;
    form.set(pointer, items.toSpliced(removed.index, 0, removed.value));
    setRemoved(undefined);
  };
  return (
    <fieldset ref={container} className="kern-fieldset pv-group" id={id} tabIndex={-1}>
      <legend className="kern-label">{localText(layout.label, language)}</legend>
      <Hint id={id} hint={layout.hint && localText(layout.hint, language)} />
      <Origin id={id} origin={form.fromAccount(pointer) && t("forms:fromAccount")} />
      <FieldErrorText id={id} error={error} />
      {items.map((_, index) => (
        // The position is what an item is known by: its pointer.
        // oxlint-disable-next-line react/no-array-index-key
        <div key={index} className="pv-group__item" role="group" aria-labelledby={`${id}-${index}-title`}>
          <div className="pv-group__head">
            <h2 className="pv-group__title" id={`${id}-${index}-title`}>
              {t("forms:item", { label: itemLabel, number: index + 1 })}
            </h2>
            {items.length > (schema?.minItems ?? 0) && (
              <Button variant="tertiary" small icon="delete" onClick={() => remove(index)}>
                {t("forms:removeItem")}{" "}
                <span className="pv-hidden">{t("forms:item", { label: itemLabel, number: index + 1 })}</span>
              </Button>
            )}
          </div>
          {shownFields(layout.fields ?? [], pointer + pointerOf(index), form.answers).map(renderField)}
        </div>
      ))}
      <div role="status">
        {removed && (
          <div className="pv-row">
            <span>
              {t("forms:removed", { item: t("forms:item", { label: itemLabel, number: removed.index + 1 }) })}
            </span>
            <Button variant="tertiary" small onClick={undo}>
              {t("forms:undo")}
            </Button>
          </div>
        )}
      </div>
      {(schema?.maxItems === undefined || items.length < schema.maxItems) && (
        <div>
          <Button variant="secondary" icon="add" onClick={add}>
            {layout.addLabel
              ? localText(layout.addLabel, language)
              : t("forms:addItem", { label: itemLabel })}
          </Button>
        </div>
      )}
    </fieldset>
  );
}
