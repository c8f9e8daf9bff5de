import { Validator, type Schema } from "@cfworker/json-schema";
import type { Answers, FormLayout, FormSchema, Json } from "./definition";
import { addOwnFormats } from "./formats";
import { dateErrors } from "./limits";
import { pointer } from "./pointers";

/** What can be wrong with an answer; the words for each are in the language files under `forms:errors`. */
export const errorCodes = [
  "required",
  "type",
  "const",
  "enum",
  "format",
  "minLength",
  "maxLength",
  "pattern",
  "minimum",
  "maximum",
  "exclusiveMinimum",
  "exclusiveMaximum",
  "multipleOf",
  "minItems",
  "maxItems",
  "uniqueItems",
  "additionalProperties",
  "earliest",
  "latest",
] as const;
export type ErrorCode = (typeof errorCodes)[number];

/** One thing that is wrong: where (the pointer of the answer itself, also when it is missing), what, and the limit it broke. */
export interface FormError {
  pointer: string;
  code: ErrorCode;
  params: Record<string, string | number>;
}

/** Checks answers, as `prepare` gives them, against a form; `today` is ISO 8601. */
export type FormValidator = (answers: Answers, today?: string) => FormError[];

/** At one pointer, the first of these that fails hides the rest: a wrong type makes a remark on the length pointless. */
const decisive: readonly ErrorCode[] = ["type", "const", "enum", "format"];

/** Prepares a form for checking; the result can be used any number of times. */
export function compileForm(definition: { schema: FormSchema; layout?: FormLayout }): FormValidator {
  addOwnFormats();
  const validator = new Validator(definition.schema as Schema, "2020-12", false);
  return (answers, today) => {
    const found = validator.validate(answers).errors.flatMap((unit) => {
      const at = decodeURI(unit.instanceLocation.slice(1));
      return toErrors(definition.schema, at, unit.keyword, unit.keywordLocation, unit.error);
    });
    const dates = definition.layout ? dateErrors(definition.layout, answers, today) : [];
    return keepDecisive([...found, ...dates]);
  };
}

function toErrors(
  root: FormSchema,
  at: string,
  keyword: string,
  keywordLocation: string,
  message: string,
): FormError[] {
  if (keyword === "required") {
    const name = /property "([^"]+)"/.exec(message)?.[1];
    return name === undefined ? [] : [{ pointer: at + pointer(name), code: "required", params: {} }];
  }
  if (keyword === "false") return [{ pointer: at, code: "additionalProperties", params: {} }];
  const code = errorCodes.find((known) => known === keyword);
  if (code === undefined || code === "additionalProperties") return [];
  return [{ pointer: at, code, params: paramsOf(keywordValue(root, keywordLocation)) }];
}

/** Finds the keyword's value in the schema, following local references on the way. */
function keywordValue(root: FormSchema, location: string): unknown {
  let value: unknown = root;
  for (const part of location.split("/").slice(1)) {
    if (typeof value !== "object" || value === null) return undefined;
    value = (value as Record<string, unknown>)[decodeURIComponent(part)];
    if (part === "$ref" && typeof value === "string") value = resolve(root, value);
  }
  return value;
}

function resolve(root: FormSchema, reference: string): unknown {
  let value: unknown = root;
  for (const part of reference.split("/").slice(1)) {
    if (typeof value !== "object" || value === null) return undefined;
    value = (value as Record<string, unknown>)[part];
  }
  return value;
}

function paramsOf(value: unknown): FormError["params"] {
  return typeof value === "number" || typeof value === "string" ? { limit: value } : {};
}

function keepDecisive(errors: FormError[]): FormError[] {
  const kept = new Map<string, FormError>();
  for (const error of errors) {
    const same = errors.filter((other) => other.pointer === error.pointer);
    const code = decisive.find((candidate) => same.some((other) => other.code === candidate));
    if (code === undefined || code === error.code) kept.set(`${error.pointer} ${error.code}`, error);
  }
  return [...kept.values()];
}

/** The schema that a field's answer is judged by, for limits shown beforehand (counter, number of files). */
export function schemaAt(root: FormSchema, path: readonly string[]): FormSchema | undefined {
  let schema: FormSchema | undefined = follow(root, root);
  for (const name of path) {
    if (!schema) return undefined;
    schema = follow(root, schema.type === "array" ? schema.items : schema.properties?.[name]);
  }
  return schema;
}

function follow(root: FormSchema, schema: FormSchema | undefined): FormSchema | undefined {
  if (!schema?.$ref) return schema;
  return resolve(root, schema.$ref) as FormSchema | undefined;
}

/** Whether a field must be answered by its schema alone; conditional duties show when they are broken. */
export function isRequired(root: FormSchema, parent: readonly string[], name: string): boolean {
  return schemaAt(root, parent)?.required?.includes(name) ?? false;
}

/** Whether a field must be answered as the answers beside it stand: by the schema alone, or by a condition that holds. */
export function isRequiredWith(
  root: FormSchema,
  parent: readonly string[],
  name: string,
  siblings: { [name: string]: Json },
): boolean {
  const demands = (schema: FormSchema | undefined): boolean => {
    const here = follow(root, schema);
    if (!here) return false;
    if (here.required?.includes(name) || here.allOf?.some(demands)) return true;
    if (!here.if) return false;
    const holds = Object.entries(here.if.properties ?? {}).every(([other, wanted]) => {
      const value = siblings[other];
      return value !== undefined && (wanted.enum ?? [wanted.const]).some((one) => one === value);
    });
    return demands(holds ? here.then : here.else);
  };
  return demands(schemaAt(root, parent));
}

/** Answers as JSON values only, as read from a draft; anything else counts as no answers. */
export function toAnswers(value: unknown): Answers {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as { [step: string]: Json })
    : {};
}
