import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useWords } from "../../../i18n";
import { Button } from "../../../ui/Button";
import { Checkboxes, Select } from "../../../ui/fields/ChoiceFields";
import { Combobox, type ComboboxOption } from "../../../ui/fields/Combobox";
import { FieldsetFrame } from "../../../ui/fields/FieldParts";
import { useStatus } from "../../../ui/Status";
import { useDebounced } from "../../../ui/useDebounced";
import { unitsQuery, type Role, type UnitRole } from "../api";

export const roles: readonly Role[] = ["clerk", "editor", "publisher", "admin", "auditor", "treasurer"];

/** What somebody may do: in the whole portal, and in single organisational units. */
export interface Duties {
  roles: Role[];
  unitRoles: UnitRole[];
}

export const noDuties: Duties = { roles: [], unitRoles: [] };

/** As the portal takes them. */
export const toSend = ({ roles: everywhere, unitRoles }: Duties) => ({
  roles: everywhere,
  unitRoles: unitRoles.map(({ role, organisationId }) => ({ role, organisationId })),
});

/** Chooses roles. Who administers some units only gives none for the whole portal. */
export function RoleChoice({
  id,
  value,
  error,
  everywhere,
  onChange,
}: {
  id: string;
  value: Duties;
  error?: string | undefined;
  everywhere: boolean;
  onChange: (duties: Duties) => void;
}) {
  const t = useWords();
  return (
    <div className="pv-stack">
      {everywhere && (
        <Checkboxes
          id={id}
          label={t("administration:staff.roles")}
          error={error}
          options={roles.map((role) => ({ value: role, label: t(`administration:role.${role}`) }))}
          value={value.roles}
          onChange={(words) => onChange({ ...value, roles: roles.filter((role) => words.includes(role)) })}
        />
      )}
      <UnitRoles
        id={everywhere ? `${id}-unit` : id}
        error={everywhere ? undefined : error}
        value={value.unitRoles}
        onChange={(unitRoles) => onChange({ ...value, unitRoles })}
      />
    </div>
  );
}

function UnitRoles({
  id,
  value,
  error,
  onChange,
}: {
  id: string;
  value: UnitRole[];
  error: string | undefined;
  onChange: (value: UnitRole[]) => void;
}) {
  const t = useWords();
  const status = useStatus();
  const [typed, setTyped] = useState("");
  const [unit, setUnit] = useState<ComboboxOption>();
  const [role, setRole] = useState("");
  const [missing, setMissing] = useState<"unit" | "role">();
  const found = useQuery(unitsQuery(useDebounced(typed.trim(), 200)));
  const words = (given: UnitRole) =>
    t("administration:staff.inUnit", {
      role: t(`administration:role.${given.role}`),
      unit: given.organisationName,
    });
  const add = () => {
    const chosen = roles.find((candidate) => candidate === role);
    if (unit === undefined || chosen === undefined) {
      setMissing(unit === undefined ? "unit" : "role");
      return;
    }
    setMissing(undefined);
    const given: UnitRole = { role: chosen, organisationId: unit.id, organisationName: unit.label };
    if (!value.some((other) => other.role === chosen && other.organisationId === unit.id)) {
      onChange([...value, given]);
    }
    status(t("administration:staff.added", { what: words(given) }));
    setRole("");
  };
  return (
    <FieldsetFrame
      field={{
        id: `${id}-group`,
        label: t("administration:staff.unitRoles"),
        hint: t("administration:staff.unitRolesText"),
      }}
    >
      {value.length > 0 && (
        <ul className="pv-list">
          {value.map((given) => (
            <li key={`${given.role} ${given.organisationId}`} className="pv-row pv-row--between">
              <span className="pv-break">{words(given)}</span>
              <Button
                variant="tertiary"
                small
                icon="close"
                onClick={() => {
                  onChange(value.filter((other) => other !== given));
                  status(t("administration:staff.removed", { what: words(given) }));
                }}
              >
                {t("administration:staff.remove")}
                <span className="pv-hidden">: {words(given)}</span>
              </Button>
            </li>
          ))}
        </ul>
      )}
      <div className="pv-stack pv-stack--small">
        <Combobox
          id={id}
          label={t("administration:staff.unit")}
          hint={t("administration:staff.unitHint")}
          error={missing === "unit" ? t("administration:staff.unitMissing") : error}
          value={typed}
          onChange={(text) => {
            setTyped(text);
            setUnit(undefined);
          }}
          options={
            unit === undefined
              ? (found.data?.items ?? []).map((item) => ({ id: item.id, label: item.title }))
              : []
          }
          onChoose={(option) => {
            setUnit(option);
            setTyped(option.label);
            setMissing(undefined);
          }}
        />
        <Select
          id={`${id}-role`}
          label={t("administration:staff.unitRole")}
          error={missing === "role" ? t("administration:staff.roleMissing") : undefined}
          options={roles.map((candidate) => ({
            value: candidate,
            label: t(`administration:role.${candidate}`),
          }))}
          value={role}
          onChange={setRole}
        />
        <div>
          <Button variant="secondary" small icon="add" onClick={add}>
            {t("administration:staff.add")}
          </Button>
        </div>
      </div>
    </FieldsetFrame>
  );
}
