import type { components } from "../../src/api/schema";
import { editorialEntry, form } from "./fixtures";

type Schemas = components["schemas"];

/** Forms that are built at the invented portal. */

const uses: Schemas["FormUse"][] = [
  { serviceId: editorialEntry.id, title: "Hundesteuer: Anmeldung", portal: form.owner },
];

export const forms: Schemas["OwnFormList"] = {
  items: [
    {
      id: form.id,
      title: "Hund anmelden",
      state: "changed",
      version: 2,
      releasedAt: "2026-10-02T08:00:00Z",
      hasDraft: true,
      changedAt: "2026-11-23T09:12:00Z",
      changedBy: "Mina Merkblatt",
      uses,
    },
    {
      id: editorialEntry.id,
      title: "",
      state: "new",
      hasDraft: true,
      changedAt: "2026-11-22T15:40:00Z",
      changedBy: "Mats Marktplatz",
      uses: [],
    },
  ],
};

const { title, schema, layout } = form;
const released: Schemas["FormContent"] = { title, schema, layout };
const content: Schemas["FormContent"] = {
  ...released,
  layout: {
    ...layout,
    steps: layout.steps.map((step, index) =>
      index === 0
        ? {
            ...step,
            fields: step.fields.map((field) => (field.name === "phone" ? { ...field, label: {} } : field)),
          }
        : step,
    ),
  },
};

export const edited: Schemas["EditedForm"] = {
  id: form.id,
  title: "Hund anmelden",
  state: "changed",
  version: 2,
  hasDraft: true,
  content,
  released,
  releasedMeanwhile: false,
  changedAt: "2026-11-23T09:12:00Z",
  changedBy: "Mina Merkblatt",
  findings: [
    {
      severity: "error",
      pointer: "/layout/steps/0/fields/4/label",
      code: "text-missing",
      message: "Hier fehlt der deutsche Text.",
    },
    {
      severity: "warning",
      pointer: "/schema/properties/dogs/properties/size/$comment",
      code: "fim-rule",
      message: "Regel aus FIM: Ab 40 Zentimetern Schulterhöhe gilt ein Hund als groß.",
    },
  ],
  uses,
  rights: editorialEntry.rights,
};

/** The same form, with a second person who looks at it. */
export const inReview: Schemas["EditedForm"] = {
  ...edited,
  state: "inReview",
  note: "Die Frage nach der Größe ist genauer, die Postleitzahl entfällt.",
  submittedAt: "2026-11-23T09:20:00Z",
  submittedBy: "Mats Marktplatz",
  content: {
    ...released,
    layout: {
      ...layout,
      steps: layout.steps.map((step) => ({
        ...step,
        fields: step.fields
          .filter(({ name }) => name !== "postalCode")
          .map((field) =>
            field.name === "size"
              ? {
                  ...field,
                  label: { de: "Wie groß ist der Hund?" },
                  hint: { de: "Gemessen an der Schulter." },
                }
              : field,
          ),
      })),
    },
  },
  findings: [],
  rights: { ...editorialEntry.rights, edit: false, submit: false, fourEyes: true, isAuthor: false },
};

export const versions: Schemas["FormVersionList"] = {
  items: [
    {
      number: 2,
      at: "2026-10-02T08:00:00Z",
      by: "Mina Merkblatt",
      reviewedFor: "Mats Marktplatz",
      note: "Frage nach der Größe",
    },
    { number: 1, at: "2026-08-01T08:00:00Z" },
  ],
};

export const version: Schemas["FormVersion"] = { number: 2, at: "2026-10-02T08:00:00Z", content: released };

/** The same form with what a dog costs, which is reckoned from the answers. */
export const priced: Schemas["EditedForm"] = {
  ...edited,
  content: {
    ...released,
    schema: {
      ...schema,
      properties: {
        ...(schema["properties"] as object),
        tax: { type: "object", additionalProperties: false, properties: { year: { type: "integer" } } },
      },
    },
    layout: {
      fee: "/tax/year",
      steps: [
        ...layout.steps,
        {
          id: "tax",
          title: { de: "Die Steuer", en: "The tax" },
          fields: [
            {
              name: "year",
              kind: "calculation",
              label: { de: "Steuer im Jahr", en: "Tax a year" },
              calculation: {
                unit: "cents",
                terms: [
                  { label: { de: "Erster Hund", en: "First dog" }, amount: 6000 },
                  {
                    label: { de: "Jeder weitere Hund", en: "Each further dog" },
                    amount: 9650,
                    times: ["dogs.list"],
                    less: 1,
                    when: [{ field: "dogs.size", in: ["large"] }],
                  },
                ],
              },
            },
          ],
        },
      ],
    },
  },
};
