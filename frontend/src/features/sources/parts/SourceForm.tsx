import { useState } from "react";
import { useWords } from "../../../i18n";
import { Button } from "../../../ui/Button";
import { ErrorState } from "../../../ui/ErrorState";
import { ErrorSummary } from "../../../ui/ErrorSummary";
import { Declaration, Radios, Select } from "../../../ui/fields/ChoiceFields";
import { TextArea, TextField } from "../../../ui/fields/TextField";
import { useAction } from "../../../ui/useAction";
import { useFormErrors, type FormErrors } from "../../../ui/useFormErrors";
import type { Schedule, SourceChange, SourceField, SourceKind } from "../api";

const rhythms = ["never", "hour", "day", "week"] as const;
const weekdays = ["1", "2", "3", "4", "5", "6", "7"] as const;

/** What a source has before anybody has changed anything. */
export const newSource = (): SourceChange => ({
  name: "",
  settings: {},
  enabled: true,
  complete: false,
  schedule: { every: "day", at: "03:00", weekday: 1 },
});

/** The settings of a source. Fields are named as the portal names what is wrong with them. */
export function SourceForm({
  kind,
  initial,
  secretsSet,
  submit,
  onSave,
}: {
  kind: SourceKind;
  initial: SourceChange;
  secretsSet: string[];
  submit: string;
  onSave: (source: SourceChange, key: string) => Promise<void>;
}) {
  const t = useWords();
  const errors = useFormErrors();
  const [source, setSource] = useState(initial);
  const change = (part: Partial<SourceChange>) => setSource({ ...source, ...part });
  const setting = (name: string, value: string) =>
    change({ settings: { ...source.settings, [name]: value } });
  const simple = kind.fields.filter(({ advanced }) => !advanced);
  const advanced = kind.fields.filter((field) => field.advanced);
  const ids = ["name", "schedule/at", ...kind.fields.map(({ name }) => `settings/${name}`)];
  const [failed, setFailed] = useState<unknown>();
  const save = useAction(async (key) => {
    setFailed(undefined);
    if (!errors.show(missing(source, kind, secretsSet, t))) return;
    try {
      await onSave(source, key);
    } catch (problem) {
      if (!errors.showProblem(problem, ids)) setFailed(problem);
    }
  });
  const fieldProps = { source, errors, secretsSet, onChange: setting };
  return (
    <form
      className="pv-stack"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        save.run();
      }}
    >
      <ErrorSummary errors={errors.list} attempt={errors.attempt} />
      {failed !== undefined && <ErrorState error={failed} />}
      <TextField
        id="name"
        label={t("sources:form.name")}
        hint={t("sources:form.nameHint")}
        error={errors.of("name")}
        value={source.name}
        onChange={(name) => change({ name })}
      />
      {simple.map((field) => (
        <SettingField key={field.name} field={field} {...fieldProps} />
      ))}
      {advanced.length > 0 && (
        <details
          className="pv-details"
          open={advanced.some(({ name }) => errors.of(`settings/${name}`)) || undefined}
        >
          <summary>{t("sources:form.advanced")}</summary>
          <div className="pv-stack">
            {advanced.map((field) => (
              <SettingField key={field.name} field={field} {...fieldProps} />
            ))}
          </div>
        </details>
      )}
      <ScheduleFields
        schedule={source.schedule}
        error={errors.of("schedule/at")}
        onChange={(schedule) => change({ schedule })}
      />
      <Declaration
        id="enabled"
        label={t("sources:form.enabled")}
        hint={t("sources:form.enabledHint")}
        checked={source.enabled}
        onChange={(enabled) => change({ enabled })}
      />
      <Declaration
        id="complete"
        label={t("sources:form.complete")}
        hint={t("sources:form.completeHint")}
        checked={source.complete}
        onChange={(complete) => change({ complete })}
      />
      <div>
        <Button type="submit" busy={save.busy}>
          {submit}
        </Button>
      </div>
    </form>
  );
}

/** What is left out and may not be, before the portal is asked. */
function missing(
  source: SourceChange,
  kind: SourceKind,
  secretsSet: string[],
  t: ReturnType<typeof useWords>,
) {
  const errors = kind.fields
    .filter(
      ({ name, required, ...field }) =>
        required &&
        field.default === undefined &&
        !secretsSet.includes(name) &&
        (source.settings[name] ?? "").trim() === "",
    )
    .map(({ name, label }) => ({
      fieldId: `settings/${name}`,
      message: t("sources:form.missing", { field: label }),
    }));
  if (source.name.trim() === "")
    errors.unshift({
      fieldId: "name",
      message: t("sources:form.missing", { field: t("sources:form.name") }),
    });
  return errors;
}

function SettingField({
  field,
  source,
  errors,
  secretsSet,
  onChange,
}: {
  field: SourceField;
  source: SourceChange;
  errors: FormErrors;
  secretsSet: string[];
  onChange: (name: string, value: string) => void;
}) {
  const t = useWords();
  const id = `settings/${field.name}`;
  const hints = [
    field.help,
    field.default === undefined ? undefined : t("sources:form.default", { value: field.default }),
    secretsSet.includes(field.name) ? t("sources:form.kept") : undefined,
  ];
  const props = {
    id,
    label: field.label,
    hint: hints.filter(Boolean).join(" "),
    error: errors.of(id),
    optional: !field.required,
    value: source.settings[field.name] ?? "",
    onChange: (value: string) => onChange(field.name, value),
  };
  switch (field.type) {
    case "secret":
      return (
        <TextField
          {...props}
          input={{
            type: "password",
            autoComplete: "new-password",
            spellCheck: false,
            autoCapitalize: "none",
          }}
        />
      );
    case "list":
    case "ars":
      return props.value.length > 60 ? <TextArea {...props} /> : <TextField {...props} />;
    case "number":
      return <TextField {...props} width="short" input={{ inputMode: "numeric" }} />;
    default:
      return (
        <TextField
          {...props}
          input={field.type === "url" ? { type: "url", spellCheck: false, autoCapitalize: "none" } : {}}
        />
      );
  }
}

function ScheduleFields({
  schedule,
  error,
  onChange,
}: {
  schedule: Schedule;
  error: string | undefined;
  onChange: (schedule: Schedule) => void;
}) {
  const t = useWords();
  const { every, at, weekday } = schedule;
  return (
    <div className="pv-stack pv-stack--medium">
      <Radios
        id="schedule/every"
        label={t("sources:form.every")}
        options={rhythms.map((value) => ({ value, label: t(`sources:every.${value}`) }))}
        value={every}
        onChange={(value) =>
          onChange({ ...schedule, every: rhythms.find((one) => one === value) ?? "never" })
        }
      />
      {every === "week" && (
        <Select
          id="schedule/weekday"
          label={t("sources:form.weekday")}
          options={weekdays.map((value) => ({ value, label: t(`sources:weekday.${value}`) }))}
          value={String(weekday)}
          onChange={(value) => onChange({ ...schedule, weekday: Number(value) || 1 })}
        />
      )}
      {every !== "never" && (
        <TextField
          id="schedule/at"
          label={t(every === "hour" ? "sources:form.minute" : "sources:form.at")}
          hint={t(every === "hour" ? "sources:form.minuteHint" : "sources:form.atHint")}
          error={error}
          width="short"
          input={{ type: "time", required: true }}
          value={at}
          onChange={(value) => onChange({ ...schedule, at: value })}
        />
      )}
    </div>
  );
}
