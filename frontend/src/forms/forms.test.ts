import { describe, expect, test } from "vitest";
import { answersToSend } from "./conditions";
import type { FormDefinition, FormLayout } from "./definition";
import { isBlank, newAnswers, prefillValues } from "./prefill";
import { fieldId, pointer, readAt, writeAt } from "./pointers";
import { checkProfile } from "./profile";

const layout: FormLayout = {
  steps: [
    {
      id: "person",
      title: { de: "Person" },
      fields: [
        { name: "name", kind: "text", label: { de: "Name" }, profile: "givenName" },
        { name: "mail", kind: "email", label: { de: "Mail" }, profile: "email" },
        { name: "pets", kind: "radio", label: { de: "Tiere?" } },
        { name: "kind", kind: "text", label: { de: "Art" }, showWhen: { field: "pets", equals: "yes" } },
      ],
    },
    { id: "end", title: { de: "Ende" }, fields: [] },
  ],
};

describe("pointers", () => {
  test("are escaped as RFC 6901 wants, and lead to unique ids", () => {
    expect(pointer("a/b", 0, "m~n")).toBe("/a~1b/0/m~0n");
    expect(fieldId("/dogs/list/1/name")).toBe("field-dogs-list-1-name");
  });

  test("writing makes what is missing, removing leaves the rest", () => {
    const one = writeAt({}, "/dogs/list/0/name", "Bello");
    expect(one).toEqual({ dogs: { list: [{ name: "Bello" }] } });
    const two = writeAt(one, "/dogs/list/1/name", "Luna");
    expect(readAt(two, "/dogs/list/1")).toEqual({ name: "Luna" });
    expect(writeAt(two, "/dogs/list/0", undefined)).toEqual({ dogs: { list: [{ name: "Luna" }] } });
    expect(one).toEqual({ dogs: { list: [{ name: "Bello" }] } });
  });
});

describe("answersToSend", () => {
  test("leaves out what is empty or hidden, trims texts, and has every step", () => {
    const answers = { person: { name: " Ida ", mail: "", pets: "no", kind: "Hund", files: [] } };
    expect(answersToSend(layout, answers)).toEqual({ person: { name: "Ida", pets: "no" }, end: {} });
  });
});

const asked = (name: string, kind: "text" | "group", profileItem: string) => ({
  name,
  kind,
  label: { de: name },
  profile: profileItem,
});

describe("prefill", () => {
  const profile = { givenName: "Clara", email: "clara@example.org" };

  test("fills in only what was not answered", () => {
    expect([...prefillValues(layout, { person: { name: "Ida" } }, profile)]).toEqual([
      ["/person/mail", "clara@example.org"],
    ]);
  });

  test("fills in a group from children, and a plate only when there is one vehicle", () => {
    const asks = {
      steps: [
        {
          id: "all",
          title: { de: "Alles" },
          fields: [
            { ...asked("kids", "group", "children"), fields: [asked("first", "text", "givenName")] },
            asked("plate", "text", "vehicles"),
          ],
        },
      ],
    };
    const one = { children: [{ givenName: "Anna" }], vehicles: [{ plate: "EL-AB 123" }] };
    expect([...prefillValues(asks, { all: { kids: [{}] } }, one)]).toEqual([
      ["/all/kids", [{ first: "Anna" }]],
      ["/all/plate", "EL-AB 123"],
    ]);
    const two = { children: [], vehicles: [{ plate: "EL-AB 123" }, { plate: "EL-C 4" }] };
    expect([...prefillValues(asks, {}, two)]).toEqual([]);
  });

  test("new answers are texts that the profile has not, or has otherwise; never the mail address", () => {
    const answers = { person: { name: "Ida", mail: "neu@example.org" } };
    expect(newAnswers(layout, answers, profile)).toEqual({ givenName: "Ida" });
    expect(newAnswers(layout, { person: { name: "Clara " } }, profile)).toEqual({});
  });

  test("a form is blank until there is a text, a number or a tick", () => {
    expect(isBlank({ person: { name: "" }, dogs: { list: [{}] } })).toBe(true);
    expect(isBlank({ person: { agreed: true } })).toBe(false);
    expect(isBlank({ person: { count: 0 } })).toBe(false);
  });
});

const definition = (schema: FormDefinition["schema"], field = {}): FormDefinition => ({
  schema: { type: "object", properties: { person: { type: "object", properties: { name: schema } } } },
  layout: {
    steps: [
      {
        id: "person",
        title: { de: "Person" },
        fields: [{ name: "name", kind: "text", label: { de: "Name" }, ...field }],
      },
    ],
  },
});

describe("checkProfile", () => {
  test.each([
    ["a keyword that the server judges differently", definition({ anyOf: [] } as object), "anyOf"],
    ["a look-ahead", definition({ type: "string", pattern: "^(?=a)a$" }), "pattern"],
    ["a pattern without anchors", definition({ type: "string", pattern: "[0-9]+" }), "pattern"],
    ["a format that only one side knows", definition({ format: "hostname" } as object), "format"],
    [
      "options that the schema does not have",
      definition({ enum: ["a"] }, { kind: "radio", options: [] }),
      "fields/0",
    ],
    [
      "a declaration that need not be given",
      definition({ type: "boolean" }, { kind: "declaration" }),
      "fields/0",
    ],
    ["a reference to elsewhere", definition({ $ref: "https://example.org/name" }), "$ref"],
  ])("finds %s", (_what, form, where) => {
    expect(
      checkProfile(form)
        .map((problem) => problem.pointer)
        .join(" "),
    ).toContain(where);
  });

  test("lets a plain form pass", () => {
    expect(checkProfile(definition({ type: "string", pattern: "^[\\p{L} ]+$", maxLength: 80 }))).toEqual([]);
  });
});
