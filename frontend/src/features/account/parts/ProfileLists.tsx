import { useEffect, useRef, type ReactNode } from "react";
import { useWords } from "../../../i18n";
import { focusElement } from "../../../lib/focus";
import { Button } from "../../../ui/Button";
import { DateField } from "../../../ui/fields/DateField";
import { TextField } from "../../../ui/fields/TextField";

export interface ChildValues {
  givenName: string;
  familyName: string;
  birthDate: string;
}

export interface VehicleValues {
  plate: string;
  name: string;
}

interface ListProps<T> {
  items: T[];
  onChange: (items: T[]) => void;
  errorOf: (fieldId: string) => string | undefined;
}

/** The most children or vehicles that are kept. */
const most = 20;

/** The person's children, to change. */
export function ChildrenFields({ items, onChange, errorOf }: ListProps<ChildValues>) {
  const t = useWords();
  return (
    <ItemList
      name="children"
      items={items}
      onChange={onChange}
      empty={{ givenName: "", familyName: "", birthDate: "" }}
      title={(number) => t("account:profile.child", { number })}
      add={t("account:profile.addChild")}
      render={(child, id, set) => (
        <>
          <TextField
            id={`${id}/givenName`}
            label={t("account:profile.givenName")}
            error={errorOf(`${id}/givenName`)}
            value={child.givenName}
            onChange={(givenName) => set({ ...child, givenName })}
            width="long"
            input={{ autoComplete: "off" }}
          />
          <TextField
            id={`${id}/familyName`}
            label={t("account:profile.familyName")}
            optional
            value={child.familyName}
            onChange={(familyName) => set({ ...child, familyName })}
            width="long"
            input={{ autoComplete: "off" }}
          />
          <DateField
            id={`${id}/birthDate`}
            label={t("account:profile.birthDate")}
            optional
            error={errorOf(`${id}/birthDate`)}
            value={child.birthDate}
            onChange={(birthDate) => set({ ...child, birthDate })}
          />
        </>
      )}
    />
  );
}

/** The person's vehicles, to change. */
export function VehicleFields({ items, onChange, errorOf }: ListProps<VehicleValues>) {
  const t = useWords();
  return (
    <ItemList
      name="vehicles"
      items={items}
      onChange={onChange}
      empty={{ plate: "", name: "" }}
      title={(number) => t("account:profile.vehicle", { number })}
      add={t("account:profile.addVehicle")}
      render={(vehicle, id, set) => (
        <>
          <TextField
            id={`${id}/plate`}
            label={t("account:profile.plate")}
            hint={t("account:profile.plateHint")}
            error={errorOf(`${id}/plate`)}
            value={vehicle.plate}
            onChange={(plate) => set({ ...vehicle, plate })}
            width="medium"
            input={{ autoComplete: "off" }}
          />
          <TextField
            id={`${id}/name`}
            label={t("account:profile.vehicleName")}
            hint={t("account:profile.vehicleNameHint")}
            optional
            value={vehicle.name}
            onChange={(name) => set({ ...vehicle, name })}
            width="long"
            input={{ autoComplete: "off" }}
          />
        </>
      )}
    />
  );
}

/** Items of one kind with a way to add and to remove some; the focus follows. */
function ItemList<T>({
  name,
  items,
  onChange,
  empty,
  title,
  add,
  render,
}: {
  name: "children" | "vehicles";
  items: T[];
  onChange: (items: T[]) => void;
  empty: T;
  title: (number: number) => string;
  add: string;
  render: (item: T, id: string, set: (item: T) => void) => ReactNode;
}) {
  const t = useWords();
  const section = useRef<HTMLElement>(null);
  const moveFocusTo = useRef<number | undefined>(undefined);
  useEffect(() => {
    if (moveFocusTo.current === undefined) return;
    const headings = section.current?.querySelectorAll<HTMLElement>("h2, h3");
    focusElement(headings?.[moveFocusTo.current] ?? null);
    moveFocusTo.current = undefined;
  });
  return (
    <section ref={section} className="pv-stack" aria-labelledby={`edit-${name}`}>
      <h2 id={`edit-${name}`} tabIndex={-1}>
        {t(`account:profile.sections.${name}`)}
      </h2>
      {items.map((item, index) => (
        // The position is what an item is known by: its pointer.
        // oxlint-disable-next-line react/no-array-index-key
        <div key={index} className="pv-group__item" role="group" aria-labelledby={`edit-${name}-${index}`}>
          <div className="pv-group__head">
            <h3 className="pv-group__title" id={`edit-${name}-${index}`} tabIndex={-1}>
              {title(index + 1)}
            </h3>
            <Button
              variant="tertiary"
              small
              icon="delete"
              onClick={() => {
                moveFocusTo.current = index;
                onChange(items.filter((_, position) => position !== index));
              }}
            >
              {t("account:profile.remove")} <span className="pv-hidden">{title(index + 1)}</span>
            </Button>
          </div>
          {render(item, `${name}/${index}`, (changed) =>
            onChange(items.map((other, position) => (position === index ? changed : other))),
          )}
        </div>
      ))}
      {items.length < most && (
        <div>
          <Button
            variant="secondary"
            icon="add"
            onClick={() => {
              moveFocusTo.current = items.length + 1;
              onChange([...items, empty]);
            }}
          >
            {add}
          </Button>
        </div>
      )}
    </section>
  );
}
