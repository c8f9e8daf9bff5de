import { useState } from "react";
import { useWords } from "../../../i18n";
import { Button } from "../../../ui/Button";
import { ErrorState } from "../../../ui/ErrorState";
import { ErrorSummary } from "../../../ui/ErrorSummary";
import { Select } from "../../../ui/fields/ChoiceFields";
import { TextArea, TextField } from "../../../ui/fields/TextField";
import { ServiceField } from "../../../forms/ServiceField";
import { useAction } from "../../../ui/useAction";
import { useFormErrors } from "../../../ui/useFormErrors";
import { saveTemplate, templateUses, type CaseTemplate } from "../api";

const longest = 10_000;

/** For whom a template can be; without an id the whole portal. */
export interface TemplateUnit {
  id: string;
  name: string;
}

/** Writes a text template, or changes one. */
export function TemplateForm({
  template,
  units,
  onSaved,
  onCancel,
}: {
  template: CaseTemplate | undefined;
  units: TemplateUnit[];
  onSaved: () => void;
  onCancel: () => void;
}) {
  const t = useWords();
  const errors = useFormErrors();
  const [use, setUse] = useState<string>(template?.use ?? "");
  const [title, setTitle] = useState(template?.title ?? "");
  const [text, setText] = useState(template?.text ?? "");
  const known = [...units, ...otherUnit(template, units)];
  const [unit, setUnit] = useState(template === undefined ? (known[0]?.id ?? "") : (template.unit ?? ""));
  const chosen = templateUses.find((candidate) => candidate === use);
  const [service, setService] = useState(template?.service);
  const [typed, setTyped] = useState(template?.serviceTitle ?? "");
  const save = useAction(async (key) => {
    if (chosen === undefined) return;
    const of = chosen === "serviceRemedy" ? service : undefined;
    try {
      await saveTemplate(
        template?.id,
        {
          use: chosen,
          title: title.trim(),
          text: text.trim(),
          ...(unit !== "" && { unit }),
          ...(of !== undefined && { service: of }),
        },
        key,
      );
    } catch (problem) {
      if (errors.showProblem(problem, { service: "template-service" })) return;
      throw problem;
    }
    onSaved();
  });
  return (
    <form
      className="pv-panel pv-stack pv-stack--medium"
      noValidate
      aria-label={t(template === undefined ? "cases:template.new" : "cases:template.edit")}
      onSubmit={(event) => {
        event.preventDefault();
        const missing = [
          ...(chosen === undefined
            ? [{ fieldId: "template-use", message: t("cases:template.useMissing") }]
            : []),
          ...(chosen === "serviceRemedy" && service === undefined
            ? [{ fieldId: "template-service", message: t("cases:template.serviceMissing") }]
            : []),
          ...(title.trim() === ""
            ? [{ fieldId: "template-title", message: t("cases:template.nameMissing") }]
            : []),
          ...(text.trim() === ""
            ? [{ fieldId: "template-text", message: t("cases:template.bodyMissing") }]
            : []),
        ];
        if (errors.show(missing)) save.run();
      }}
    >
      <ErrorSummary errors={errors.list} attempt={errors.attempt} />
      <Select
        id="template-use"
        label={t("cases:template.use")}
        error={errors.of("template-use")}
        options={templateUses.map((value) => ({ value, label: t(`cases:template.uses.${value}`) }))}
        value={use}
        onChange={setUse}
      />
      {chosen === "serviceRemedy" && (
        <ServiceField
          id="template-service"
          label={t("cases:template.service")}
          hint={t("cases:template.serviceHint")}
          error={errors.of("template-service")}
          value={typed}
          onChange={(words) => {
            setTyped(words);
            setService(undefined);
          }}
          onChoose={({ id, title: name }) => {
            setTyped(name);
            setService(id);
          }}
        />
      )}
      {known.length > 1 && (
        <Select
          id="template-unit"
          label={t("cases:template.unit")}
          options={known.map(({ id, name }) => ({ value: id === "" ? whole : id, label: name }))}
          value={unit === "" ? whole : unit}
          onChange={(value) => setUnit(value === whole ? "" : value)}
        />
      )}
      <TextField
        id="template-title"
        label={t("cases:template.name")}
        error={errors.of("template-title")}
        value={title}
        onChange={setTitle}
        input={{ autoComplete: "off" }}
      />
      <TextArea
        id="template-text"
        label={t("cases:template.body")}
        error={errors.of("template-text")}
        value={text}
        onChange={setText}
        maxLength={longest}
      />
      {save.error !== undefined && <ErrorState error={save.error} />}
      <div className="pv-actions">
        <Button type="submit" busy={save.busy}>
          {t("cases:template.save")}
        </Button>
        <Button variant="secondary" onClick={onCancel}>
          {t("cancel")}
        </Button>
      </div>
    </form>
  );
}

/** The value of the choice "whole portal", as that of no choice is empty. */
const whole = "portal";

/** A unit below the clerk's own stays as it is. */
function otherUnit(template: CaseTemplate | undefined, units: TemplateUnit[]): TemplateUnit[] {
  const id = template?.unit;
  return id === undefined || units.some((unit) => unit.id === id) ? [] : [{ id, name: id }];
}
