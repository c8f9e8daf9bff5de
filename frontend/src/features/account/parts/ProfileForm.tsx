import { useState, type ReactNode } from "react";
import { useWords } from "../../../i18n";
import type { Schemas } from "../../../api/client";
import { Button } from "../../../ui/Button";
import { ErrorSummary } from "../../../ui/ErrorSummary";
import { DateField } from "../../../ui/fields/DateField";
import { TextField } from "../../../ui/fields/TextField";
import { useAction } from "../../../ui/useAction";
import { useFormErrors } from "../../../ui/useFormErrors";
import { updateProfile, type ProfileData } from "../api";

type Values = Record<keyof ProfileData, string>;
type Versioned = { data: Schemas["Profile"]; etag: string };

const textFields = [
  { name: "givenName", autoComplete: "given-name", width: "long" },
  { name: "familyName", autoComplete: "family-name", width: "long" },
  { name: "street", autoComplete: "address-line1", width: "long" },
  { name: "houseNumber", autoComplete: "off", width: "short" },
  { name: "postalCode", autoComplete: "postal-code", width: "short" },
  { name: "city", autoComplete: "address-level2", width: "long" },
  { name: "phone", autoComplete: "tel", width: "medium" },
] as const;

const fieldIds = [
  "givenName",
  "familyName",
  "birthDate",
  "street",
  "houseNumber",
  "postalCode",
  "city",
  "phone",
] as const;

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
  const [values, setValues] = useState<Values>(
    () => Object.fromEntries(fieldIds.map((name) => [name, profile.data[name] ?? ""])) as Values,
  );
  const set = (name: keyof Values) => (value: string) =>
    setValues((before) => ({ ...before, [name]: value }));
  const send = useAction(async () => {
    try {
      onSaved(await updateProfile(profile.etag, toBody(values)));
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
  const text = ({ name, autoComplete, width }: (typeof textFields)[number]) => (
    <TextField
      key={name}
      id={name}
      label={t(`common:profileItem.${name}`)}
      optional={name !== "givenName" && name !== "familyName"}
      error={errors.of(name)}
      value={values[name]}
      onChange={set(name)}
      width={width}
      input={{
        autoComplete,
        ...(name === "postalCode" && { inputMode: "numeric" }),
        ...(name === "phone" && { type: "tel" }),
      }}
    />
  );
  return (
    <form
      className="pv-stack"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      <ErrorSummary errors={errors.list} attempt={errors.attempt} />
      {send.error !== undefined && explain(send.error)}
      {textFields.slice(0, 2).map(text)}
      <DateField
        id="birthDate"
        label={t("common:profileItem.birthDate")}
        optional
        birthday
        error={errors.of("birthDate")}
        value={values.birthDate}
        onChange={set("birthDate")}
      />
      {textFields.slice(2).map(text)}
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

/** Leaves out what is empty. */
function toBody(values: Values): ProfileData {
  const { givenName, familyName, ...others } = values;
  const given = Object.entries(others)
    .map(([name, value]) => [name, value.trim()])
    .filter(([, value]) => value !== "");
  return { givenName: givenName.trim(), familyName: familyName.trim(), ...Object.fromEntries(given) };
}
