import { describe, expect, test } from "vitest";
import { corrected } from "./corrections";
import type { FormDefinition } from "./definition";
import { askableFields, fieldName, onlyAsked } from "./fields";
import { shownFields } from "./layout";
import { writeAt } from "./pointers";

const de = (text: string) => ({ de: text });
const definition: FormDefinition = {
  schema: { type: "object" },
  layout: {
    steps: [
      {
        id: "dogs",
        title: de("Hunde"),
        fields: [
          { name: "known", kind: "radio", label: de("Bekannt?") },
          { name: "place", kind: "text", label: de("Wo?"), showWhen: { field: "known", equals: "yes" } },
          {
            name: "list",
            kind: "group",
            label: de("Hunde"),
            itemLabel: de("Hund"),
            fields: [
              { name: "name", kind: "text", label: de("Name") },
              { name: "chip", kind: "text", label: de("Chip"), showWhen: { field: "name", equals: "Bello" } },
              { name: "photo", kind: "file", label: de("Foto") },
            ],
          },
          {
            name: "tax",
            kind: "calculation",
            label: de("Steuer"),
            calculation: { unit: "cents", terms: [] },
          },
        ],
      },
      { id: "papers", title: de("Unterlagen"), fields: [{ name: "proof", kind: "file", label: de("Pass") }] },
    ],
  },
};
const say = (key: string, values: Record<string, unknown> = {}) =>
  key === "forms:item"
    ? `${String(values["label"])} ${String(values["number"])}`
    : `${String(values["item"])}: ${String(values["label"])}`;

describe("what can be asked for again", () => {
  test("what is shown, item by item, and neither files nor what is calculated", () => {
    const answers = { dogs: { known: "no", list: [{ name: "Bello" }, { name: "Luna" }], tax: 12 } };
    expect(
      askableFields(definition.layout, answers).map(({ step, fields }) => [
        step.id,
        fields.map((f) => f.pointer),
      ]),
    ).toEqual([["dogs", ["/dogs/known", "/dogs/list/0/name", "/dogs/list/0/chip", "/dogs/list/1/name"]]]);
  });

  test("it is called by its item", () => {
    expect(fieldName(definition.layout, "/dogs/list/1/name", "de", say)).toBe("Hund 2: Name");
    expect(fieldName(definition.layout, "/dogs/known", "de", say)).toBe("Bekannt?");
    expect(fieldName(definition.layout, "/dogs/gone", "de", say)).toBe("/dogs/gone");
  });
});

const names = (asked: string[], answers: Parameters<typeof onlyAsked>[2]) =>
  shownFields(onlyAsked(definition, asked, answers).layout.steps[0]?.fields ?? [], "/dogs", answers).map(
    ({ layout }) => layout.name,
  );

describe("a form of which some is asked", () => {
  test("what is asked for is shown where it cannot be known whether it would be", () => {
    expect(names([], {})).not.toContain("place");
    expect(names(["/dogs/place"], {})).toContain("place");
  });

  test("what is shown follows the answers as it always does", () => {
    const known = { dogs: { known: "yes" } };
    const asked = onlyAsked(definition, ["/dogs/place", "/dogs/known"], known);
    const left = shownFields(asked.layout.steps[0]?.fields ?? [], "/dogs", { dogs: { known: "no" } });
    expect(left.map(({ layout }) => layout.name)).not.toContain("place");
  });

  test("in the items of a group, too", () => {
    const asked = onlyAsked(definition, ["/dogs/list/1/chip"], {});
    const inner = asked.layout.steps[0]?.fields.find(({ name }) => name === "list")?.fields ?? [];
    const shown = shownFields(inner, "/dogs/list/1", {}).map(({ layout }) => layout.name);
    expect(shown).toContain("chip");
  });
});

describe("corrections", () => {
  const submitted = { dogs: { known: "no", list: [{ name: "Bello" }, { name: "Luna" }] } };

  test("each has what was before it, the later one what the earlier one said; what was submitted stays", () => {
    const { answers, corrections, byEvent } = corrected(submitted, [
      { id: "a", at: "1", values: [{ pointer: "/dogs/list/1/name", value: "Lana" }] },
      { id: "b", at: "2" },
      {
        id: "c",
        at: "3",
        values: [
          { pointer: "/dogs/list/1/name", value: "Lara" },
          { pointer: "/dogs/known", value: null },
        ],
      },
    ]);
    expect(answers).toEqual({ dogs: { list: [{ name: "Bello" }, { name: "Lara" }] } });
    expect(corrections.map(({ before }) => before)).toEqual(["Luna", "Lana", "no"]);
    expect([...byEvent.keys()]).toEqual(["a", "c"]);
    expect(submitted.dogs.list[1]).toEqual({ name: "Luna" });
  });

  test("an item keeps its place where the items before it are not known, and no pointer makes a list of any length", () => {
    expect(writeAt({}, "/dogs/list/2/name", "Luna")).toEqual({ dogs: { list: [{}, {}, { name: "Luna" }] } });
    expect(writeAt({}, "/dogs/list/4000000000/name", "Luna")).toEqual({ dogs: { list: [] } });
  });
});
