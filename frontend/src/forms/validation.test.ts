import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { prepare } from "./conditions";
import type { Answers, FormLayout, FormSchema, Json } from "./definition";
import { readAt } from "./pointers";
import { checkProfile } from "./profile";
import { compileForm, isRequired, isRequiredWith, schemaAt } from "./validation";

interface SharedCase {
  name: string;
  schema: FormSchema;
  layout?: FormLayout;
  data: Answers;
  today?: string;
  /** By pointer: what the answers have there when they count; null for nothing. */
  values?: Record<string, Json>;
  expect: { pointer: string; code: string }[];
}

const folder = join(import.meta.dirname, "../../../server/forms/testdata/cases");
const cases = readdirSync(folder)
  .filter((file) => file.endsWith(".json"))
  .map((file) => [file, JSON.parse(readFileSync(join(folder, file), "utf8")) as SharedCase] as const);

const byPlace = (list: { pointer: string; code: string }[]) =>
  list.map(({ pointer, code }) => `${pointer} ${code}`).toSorted();

describe("cases shared with the server", () => {
  test("there are enough of them to mean something", () => {
    expect(cases.length).toBeGreaterThan(25);
  });

  test.each(cases)("%s", (_file, shared) => {
    const answers = shared.layout ? prepare(shared.layout, shared.data) : shared.data;
    const found = compileForm(shared)(answers, shared.today);
    for (const [pointer, value] of Object.entries(shared.values ?? {})) {
      expect(readAt(answers, pointer) ?? null, pointer).toEqual(value);
    }
    expect(byPlace(found), shared.name).toEqual(byPlace(shared.expect));
  });

  test.each(cases.filter(([, shared]) => shared.layout))("%s keeps to the form profile", (_file, shared) => {
    expect(checkProfile({ schema: shared.schema, layout: shared.layout ?? { steps: [] } })).toEqual([]);
  });
});

describe("compileForm", () => {
  test("says which limit was broken, also through a reference", () => {
    const schema: FormSchema = {
      type: "object",
      properties: { person: { $ref: "#/$defs/person" } },
      $defs: { person: { type: "object", properties: { name: { type: "string", maxLength: 3 } } } },
    };
    expect(compileForm({ schema })({ person: { name: "Katharina" } })).toEqual([
      { pointer: "/person/name", code: "maxLength", params: { limit: 3 } },
    ]);
    expect(schemaAt(schema, ["person", "name"])?.maxLength).toBe(3);
  });

  test("isRequired reads the step's own list", () => {
    const schema: FormSchema = {
      type: "object",
      properties: { person: { type: "object", required: ["name"], properties: { name: {}, nick: {} } } },
    };
    expect(isRequired(schema, ["person"], "name")).toBe(true);
    expect(isRequired(schema, ["person"], "nick")).toBe(false);
  });

  test("isRequiredWith looks at the conditions that hold", () => {
    const schema: FormSchema = {
      type: "object",
      properties: {
        person: {
          type: "object",
          if: { properties: { country: { const: "DE" } }, required: ["country"] },
          then: { required: ["postalCode"] },
          allOf: [
            {
              if: { properties: { kind: { enum: ["a"] } }, required: ["kind"] },
              else: { required: ["why"] },
            },
          ],
          properties: { country: {}, postalCode: {}, kind: {}, why: {} },
        },
      },
    };
    const asked = (name: string, siblings: Record<string, Json>) =>
      isRequiredWith(schema, ["person"], name, siblings);
    expect(asked("postalCode", { country: "DE" })).toBe(true);
    expect(asked("postalCode", { country: "NL" })).toBe(false);
    expect(asked("postalCode", {})).toBe(false);
    expect(asked("why", { kind: "b" })).toBe(true);
    expect(asked("why", { kind: "a" })).toBe(false);
  });
});
