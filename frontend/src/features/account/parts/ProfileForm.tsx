import { useState, type ReactNode } from "react";
import type { Schemas } from "../../../api/client";
import { verifiedBy } from "../../../forms/verified";
import { useWords } from "../../../i18n";
import { Button } from "../../../ui/Button";
import { ErrorSummary } from "../../../ui/ErrorSummary";
import { DateField } from "../../../ui/fields/DateField";
import { TextField } from "../../../ui/fields/TextField";
import { useAction } from "../../../ui/useAction";
import { useFormErrors } from "../../../ui/useFormErrors";
import { updateProfile, type ProfileData } from "../api";
import { ChildrenFields, VehicleFields, type ChildValues, type VehicleValues } from "./ProfileLists";

type TextItem = Exclude<keyof ProfileData, "children" | "vehicles">;
type Values = Record<TextItem, string>;
type Versioned = { data: Schemas["Profile"]; etag: string };

interface TextItemField {
  name: TextItem;
  autoComplete: string;
  width: "short" | "medium" | "long";
  type?: "tel";
  inputMode?: "numeric";
}

const person: TextItemField[] = [
  { name: "givenName", autoComplete: "given-name", width: "long" },
  { name: "familyName", autoComplete: "family-name", width: "long" },
  { name: "birthName", autoComplete: "off", width: "long" },
];
const birth: TextItemField[] = [
  { name: "birthPlace", autoComplete: "off", width: "long" },
  { name: "nationality", autoComplete: "off", width: "medium" },
];
const address: TextItemField[] = [
  { name: "street", autoComplete: "address-line1", width: "long" },
  { name: "houseNumber", autoComplete: "off", width: "short" },
  { name: "postalCode", autoComplete: "postal-code", width: "short", inputMode: "numeric" },
  { name: "city", autoComplete: "address-level2", width: "long" },
];
const contact: TextItemField[] = [{ name: "phone", autoComplete: "tel", width: "medium", type: "tel" }];
const bank: TextItemField[] = [
  { name: "iban", autoComplete: "off", width: "long" },
  { name: "accountHolder", autoComplete: "off", width: "long" },
];

const textItems = [...person, ...birth, ...address, ...contact, ...bank].map(({ name }) => name);

/** Changes the person's own data. */
export function ProfileForm({
  profile,
  onSaved,
  onCancel,
  explain,
}: {
  profile: Versioned;
  onSaved: (profile: Versioned) => void;
  onCancel: () => void;
  explain: (error: unknown) => ReactNode;
}) {
  const t = useWords();
  const errors = useFormErrors();
  const { data } = profile;
  const [values, setValues] = useState<Values>(
    () =>
      Object.fromEntries(
        [...textItems, "birthDate" as const].map((name) => [name, data[name] ?? ""]),
      ) as Values,
  );
  const [children, setChildren] = useState<ChildValues[]>(() =>
    (data.children ?? []).map((child) => ({
      givenName: child.givenName,
      familyName: child.familyName ?? "",
      birthDate: child.birthDate ?? "",
    })),
  );
  const [vehicles, setVehicles] = useState<VehicleValues[]>(() =>
    (data.vehicles ?? []).map(({ plate, name }) => ({ plate, name: name ?? "" })),
  );
  const set = (name: TextItem) => (value: string) => setValues((before) => ({ ...before, [name]: value }));
  const fieldIds = [
    ...textItems,
    "birthDate",
    ...children.flatMap((_, index) => [`children/${index}/givenName`, `children/${index}/birthDate`]),
    ...vehicles.map((_, index) => `vehicles/${index}/plate`),
  ];
  const send = useAction(async () => {
    try {
      onSaved(await updateProfile(profile.etag, toBody(values, children, vehicles)));
    } catch (problem) {
      if (!errors.showProblem(problem, fieldIds)) throw problem;
    }
  });
  const submit = () => {
    const missing = (["givenName", "familyName"] as const)
      .filter((name) => values[name].trim() === "")
      .map((name) => ({ fieldId: name, message: t(`account:profile.${name}Missing`) }));
    if (errors.show(missing)) send.run();
  };
  /** That an item is vouched for, as long as it is as it was. */
  const verified = (name: TextItem) => {
    const origin = data.origins?.find(({ item }) => item === name);
    if (origin?.verified !== true || values[name] !== data[name]) return undefined;
    return t("account:profile.verifiedNote", { who: capital(verifiedBy(origin, t)) });
  };
  const text = ({ name, autoComplete, width, type, inputMode }: TextItemField) => (
    <TextField
      key={name}
      id={name}
      label={t(`common:profileItem.${name}`)}
      hint={name === "iban" || name === "accountHolder" ? t(`account:profile.${name}Hint`) : undefined}
      optional={name !== "givenName" && name !== "familyName"}
      error={errors.of(name)}
      origin={verified(name)}
      value={values[name]}
      onChange={set(name)}
      width={width}
      input={{ autoComplete, ...(type && { type }), ...(inputMode && { inputMode }) }}
    />
  );
  const section = (name: "person" | "address" | "contact" | "bank", content: ReactNode) => (
    <section className="pv-stack" aria-labelledby={`edit-${name}`}>
      <h2 id={`edit-${name}`}>{t(`account:profile.sections.${name}`)}</h2>
      {content}
    </section>
  );
  return (
    <form
      className="pv-stack pv-stack--large"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      <ErrorSummary errors={errors.list} attempt={errors.attempt} />
      {send.error !== undefined && explain(send.error)}
      {section(
        "person",
        <>
          {person.map(text)}
          <DateField
            id="birthDate"
            label={t("common:profileItem.birthDate")}
            optional
            birthday
            error={errors.of("birthDate")}
            origin={verified("birthDate")}
            value={values.birthDate}
            onChange={set("birthDate")}
          />
          {birth.map(text)}
        </>,
      )}
      {section("address", address.map(text))}
      {section("contact", contact.map(text))}
      {section("bank", bank.map(text))}
      <ChildrenFields items={children} onChange={setChildren} errorOf={errors.of} />
      <VehicleFields items={vehicles} onChange={setVehicles} errorOf={errors.of} />
      <div className="pv-actions">
        <Button type="submit" busy={send.busy}>
          {t("account:profile.save")}
        </Button>
        <Button variant="secondary" onClick={onCancel}>
          {t("common:cancel")}
        </Button>
      </div>
    </form>
  );
}

const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);

/** Leaves out what is empty. */
function filled<T extends Record<string, string>>(values: T): Partial<T> {
  const given = Object.entries(values)
    .map(([name, value]) => [name, value.trim()] as const)
    .filter(([, value]) => value !== "");
  return Object.fromEntries(given) as Partial<T>;
}

function toBody(values: Values, children: ChildValues[], vehicles: VehicleValues[]): ProfileData {
  const { givenName, familyName, ...others } = values;
  return {
    givenName: givenName.trim(),
    familyName: familyName.trim(),
    ...filled(others),
    ...(children.length > 0 && {
      children: children.map(({ givenName: name, ...rest }) => ({ givenName: name.trim(), ...filled(rest) })),
    }),
    ...(vehicles.length > 0 && {
      vehicles: vehicles.map(({ plate, name }) => ({ plate: plate.trim(), ...filled({ name }) })),
    }),
  };
}
