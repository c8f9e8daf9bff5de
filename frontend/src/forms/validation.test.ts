import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { dropHidden } from "./conditions";
import type { Answers, FormLayout, FormSchema } from "./definition";
import { checkProfile } from "./profile";
import { compileForm, isRequired, schemaAt } from "./validation";

interface SharedCase {
  name: string;
  schema: FormSchema;
  layout?: FormLayout;
  data: Answers;
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
    const answers = shared.layout ? dropHidden(shared.layout, shared.data) : shared.data;
    const found = compileForm(shared)(answers);
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
});
