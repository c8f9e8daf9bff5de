import type { FieldLayout, FormDefinition, FormSchema } from "./definition";
import { isDayLimit } from "./limits";

/** A way in which a definition leaves the form profile. */
export interface ProfileProblem {
  /** JSON Pointer into `{schema, layout}`. */
  pointer: string;
  problem: string;
}

const allowedKeywords = new Set([
  "$schema",
  "$id",
  "$ref",
  "$defs",
  "$comment",
  "title",
  "description",
  "type",
  "properties",
  "required",
  "additionalProperties",
  "items",
  "minItems",
  "maxItems",
  "uniqueItems",
  "const",
  "enum",
  "minLength",
  "maxLength",
  "pattern",
  "format",
  "minimum",
  "maximum",
  "exclusiveMinimum",
  "exclusiveMaximum",
  "multipleOf",
  "allOf",
  "if",
  "then",
  "else",
]);
const allowedFormats = new Set(["date", "email", "uuid", "iban", "phone"]);
const propertyName = /^[a-z][A-Za-z0-9]*$/;

/**
 * Parts of a regular expression that Go's RE2 does not know or reads differently: look-arounds, back references, named
 * groups, `\s`, `\b`, `\w` beyond ASCII, Unicode scripts.
 */
const unportablePattern = /\(\?(?:[=!]|<)|\\[1-9]|\\k<|\\[sSbB]|\\[pP]\{(?!L[ulmot]?\}|N[dlo]?\})/;

/**
 * Checks that a definition stays within what browser and server judge alike. A form is released only when this finds
 * nothing; the server checks the same rules.
 */
export function checkProfile(definition: FormDefinition): ProfileProblem[] {
  const problems: ProfileProblem[] = [];
  const report = (pointer: string, problem: string) => problems.push({ pointer, problem });
  checkSchema(definition.schema, definition.schema, "/schema", report);
  if (definition.schema.type !== "object") report("/schema", "the root is not an object");
  const steps = definition.schema.properties ?? {};
  for (const [name, step] of Object.entries(steps)) {
    if (step.type !== "object" && !step.$ref) report(`/schema/properties/${name}`, "a step is not an object");
    if (!definition.layout.steps.some((layout) => layout.id === name)) {
      report(`/schema/properties/${name}`, "a step has no layout");
    }
  }
  definition.layout.steps.forEach((step, index) => {
    const at = `/layout/steps/${index}`;
    const schema = resolveLocal(definition.schema, steps[step.id]);
    if (!schema) report(at, "a layout step has no schema");
    else checkFields(definition.schema, schema, step.fields, at, report);
  });
  return problems;
}

type Report = (pointer: string, problem: string) => void;

function checkSchema(root: FormSchema, schema: FormSchema, at: string, report: Report): void {
  for (const keyword of Object.keys(schema)) {
    if (!allowedKeywords.has(keyword))
      report(`${at}/${keyword}`, "this keyword is not part of the form profile");
  }
  if (schema.format !== undefined && !allowedFormats.has(schema.format)) {
    report(`${at}/format`, "formats are date, email, uuid, iban and phone");
  }
  if (schema.pattern !== undefined) checkPattern(schema.pattern, `${at}/pattern`, report);
  if (schema.$ref !== undefined && resolveLocal(root, schema) === undefined) {
    report(`${at}/$ref`, "the reference does not lead to a definition in this schema");
  }
  for (const group of ["properties", "$defs"] as const) {
    for (const [name, child] of Object.entries(schema[group] ?? {})) {
      if (!propertyName.test(name))
        report(`${at}/${group}/${name}`, "names are letters and digits, first a small letter");
      checkSchema(root, child, `${at}/${group}/${name}`, report);
    }
  }
  schema.allOf?.forEach((child, index) => checkSchema(root, child, `${at}/allOf/${index}`, report));
  for (const keyword of ["items", "then", "else"] as const) {
    const child = schema[keyword];
    if (child) checkSchema(root, child, `${at}/${keyword}`, report);
  }
  if (schema.if) checkCondition(schema.if, `${at}/if`, report);
}

function checkPattern(pattern: string, at: string, report: Report): void {
  if (unportablePattern.test(pattern)) report(at, "the server's regular expressions cannot do this");
  if (!pattern.startsWith("^") || !pattern.endsWith("$")) report(at, "a pattern is anchored with ^ and $");
  try {
    new RegExp(pattern, "u");
  } catch {
    report(at, "not a regular expression");
  }
}

/** A condition looks at const or enum of siblings, and asks that they are there. */
function checkCondition(condition: FormSchema, at: string, report: Report): void {
  const { properties, required, ...rest } = condition;
  if (Object.keys(rest).length > 0) report(at, "a condition has only properties and required");
  for (const [name, value] of Object.entries(properties ?? {})) {
    const keywords = Object.keys(value);
    if (keywords.length !== 1 || (keywords[0] !== "const" && keywords[0] !== "enum")) {
      report(`${at}/properties/${name}`, "a condition compares with const or enum");
    }
    if (!required?.includes(name)) report(`${at}/required`, "a condition requires what it compares");
  }
}

function checkFields(
  root: FormSchema,
  schema: FormSchema,
  fields: FieldLayout[],
  at: string,
  report: Report,
): void {
  fields.forEach((field, index) => {
    const here = `${at}/fields/${index}`;
    const property = resolveLocal(root, schema.properties?.[field.name]);
    if (!property) {
      report(here, "a field has no schema");
      return;
    }
    const options = property.enum ?? property.items?.enum;
    if (["radio", "select", "combobox", "checkboxes"].includes(field.kind)) {
      const values = field.options?.map((option) => option.value) ?? [];
      if (
        !options ||
        options.length !== values.length ||
        !options.every((value) => values.includes(String(value)))
      ) {
        report(here, "the options and the schema's enum differ");
      }
    }
    if (field.kind === "declaration" && property.const !== true)
      report(here, "a declaration has const: true");
    if (field.kind === "date" && property.format !== "date") report(here, "a date has format: date");
    if (field.kind === "iban" && property.format !== "iban") report(here, "an iban has format: iban");
    if (field.kind === "money" && property.type !== "integer") report(here, "money is an integer: cents");
    if (field.kind === "calculation" && (property.type !== "integer" || !field.calculation?.terms.length)) {
      report(here, "a calculation is an integer, and has terms");
    }
    for (const limit of ["earliest", "latest"] as const) {
      const written = field[limit];
      if (written === undefined || isDayLimit(written)) continue;
      const other =
        written.includes(".") || fields.some(({ name, kind }) => name === written && kind === "date");
      if (!other || field.kind !== "date") report(`${here}/${limit}`, "a limit is a day, or another date");
    }
    if (field.kind === "group") {
      const item = resolveLocal(root, property.items);
      if (!item) report(here, "a group is an array of objects");
      else checkFields(root, item, field.fields ?? [], here, report);
    }
  });
}

function resolveLocal(root: FormSchema, schema: FormSchema | undefined): FormSchema | undefined {
  if (!schema?.$ref) return schema;
  const match = /^#\/\$defs\/([A-Za-z0-9]+)$/.exec(schema.$ref);
  return match?.[1] === undefined ? undefined : root.$defs?.[match[1]];
}
