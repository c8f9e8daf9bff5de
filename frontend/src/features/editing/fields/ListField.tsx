import type { ReactNode } from "react";
import type { Json } from "../../../forms/definition";
import { fieldId, readAt } from "../../../forms/pointers";
import { useWords } from "../../../i18n";
import { Button } from "../../../ui/Button";
import { FieldErrorText } from "../../../ui/fields/FieldParts";
import { useStatus } from "../../../ui/Status";
import { errorAt, useEditor } from "../content/context";

/** Any number of items of the same kind, which can be added, moved and taken out. */
export function ListField({
  at,
  label,
  itemLabel,
  addLabel,
  hint,
  create,
  children,
}: {
  at: string;
  label: string;
  itemLabel: string;
  addLabel: string;
  hint?: string;
  /** What a new item begins with. */
  create: () => Json;
  children: (pointer: string, index: number) => ReactNode;
}) {
  const t = useWords();
  const status = useStatus();
  const editor = useEditor();
  const id = fieldId(at);
  const value = readAt(editor.content, at);
  const items = Array.isArray(value) ? value : [];
  const change = (next: Json[]) => editor.set(at, next.length === 0 ? undefined : next);
  const move = (index: number, by: number) => {
    const item = items[index];
    const other = items[index + by];
    if (item === undefined || other === undefined) return;
    change(items.with(index, other).with(index + by, item));
    status(t("editing:list.moved", { item: `${itemLabel} ${index + 1}`, position: index + by + 1 }));
  };
  return (
    <section className="pv-stack pv-stack--medium" aria-labelledby={`${id}-title`}>
      <h3 id={`${id}-title`}>{label}</h3>
      {hint !== undefined && <p className="pv-small pv-muted">{hint}</p>}
      <FieldErrorText id={id} error={errorAt(editor, at)} />
      {items.map((_, index) => (
        // Items have no name of their own; their fields take their values from the content.
        // oxlint-disable-next-line react/no-array-index-key
        <fieldset key={index} className="pv-group__item">
          <legend className="pv-hidden">{`${itemLabel} ${index + 1}`}</legend>
          <div className="pv-group__head">
            <p className="pv-strong" aria-hidden>{`${itemLabel} ${index + 1}`}</p>
            <div className="pv-row pv-row--tight">
              {index > 0 && (
                <Button variant="tertiary" small onClick={() => move(index, -1)}>
                  {t("editing:list.up")}
                  <span className="pv-hidden"> {`${itemLabel} ${index + 1}`}</span>
                </Button>
              )}
              {index < items.length - 1 && (
                <Button variant="tertiary" small onClick={() => move(index, 1)}>
                  {t("editing:list.down")}
                  <span className="pv-hidden"> {`${itemLabel} ${index + 1}`}</span>
                </Button>
              )}
              <Button
                variant="tertiary"
                small
                icon="delete"
                onClick={() => {
                  change(items.filter((__, position) => position !== index));
                  status(t("editing:list.removed", { item: `${itemLabel} ${index + 1}` }));
                  document.getElementById(`${id}-add`)?.focus();
                }}
              >
                {t("editing:list.remove")}
                <span className="pv-hidden"> {`${itemLabel} ${index + 1}`}</span>
              </Button>
            </div>
          </div>
          {children(`${at}/${index}`, index)}
        </fieldset>
      ))}
      <div>
        <Button id={`${id}-add`} variant="secondary" icon="add" onClick={() => change([...items, create()])}>
          {addLabel}
        </Button>
      </div>
    </section>
  );
}
