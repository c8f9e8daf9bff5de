import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Schemas } from "../../src/api/client";
import * as data from "./fixtures";
import type { Scene } from "./mock";

const folder = join(import.meta.dirname, "../../../server/demo/data");
const samples = JSON.parse(
  readFileSync(join(folder, "samples.json"), "utf8").replaceAll(/"today[+-]\d+d"/g, '"2027-03-15"'),
) as Record<string, Record<string, unknown>>;

type Entry = Schemas["Form"] & { kind: string };

/** A form of the demonstration, by its portal and its English title. */
function formOf(portal: string, title: string): Schemas["Form"] {
  const entries = readFileSync(join(folder, `${portal}.jsonl`), "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Entry);
  const form = entries.find((entry) => entry.kind === "form" && entry.title["en"] === title);
  if (!form) throw new Error(`no form ${title} at ${portal}`);
  return { ...form, owner: data.form.owner };
}

/** A form that several people can fill in together, with a sample. */
export const streetParty = formOf("meppen", "Apply for a street party or special use");
export const streetPartyAnswers = samples[streetParty.id] ?? {};

/** The real services of the demonstration: a step of each, as it is, with a sample, or with everything that is missing named. */
const steps: Record<string, [portal: string, form: string, step: string, state: "sample" | "errors"]> = {
  "bulky-waste": ["landkreis", "Register bulky waste", "pickup", "errors"],
  "dog-tax": ["lathen", "Register a dog", "dogs", "sample"],
  "dog-tax-errors": ["lathen", "Register a dog", "dogs", "errors"],
  "dog-tax-account": ["lathen", "Register a dog", "tax", "sample"],
  "residence-certificate": ["meppen", "Apply for a certificate of registration", "certificate", "errors"],
  "birth-certificate": ["meppen", "Request a birth certificate", "applicant", "errors"],
  "birth-certificate-abroad": ["meppen", "Request a birth certificate", "applicant", "sample"],
  "birth-certificate-fee": ["meppen", "Request a birth certificate", "certificates", "sample"],
  business: ["meppen", "Register a business", "activity", "errors"],
  "parking-permit": ["meppen", "Apply for a residents’ parking permit", "permit", "errors"],
  "street-party": ["meppen", "Apply for a street party or special use", "use", "errors"],
  "street-party-fee": ["meppen", "Apply for a street party or special use", "declarations", "sample"],
  vehicle: ["landkreis", "Deregister a vehicle", "whereabouts", "errors"],
  "birth-certificate-review": ["meppen", "Request a birth certificate", "pruefen", "sample"],
};

/** Scenes with the forms that the demonstration has. */
export const serviceScenes: Record<string, Scene & { path: string }> = {
  "form-on-paper": {
    path: `/leistungen/${data.service.id}/vordruck?ars=034540035035`,
    answers: [[/^\/forms\/[^/]+$/, formOf("meppen", "Request a birth certificate")]],
  },
  ...Object.fromEntries(
    Object.entries(steps).map(([name, [portal, title, step, state]]) => {
      const form = formOf(portal, title);
      const draft = {
        ...data.emptyDraft,
        serviceTitle: form.title["de"] ?? "",
        data: state === "sample" ? (samples[form.id] ?? {}) : {},
      };
      return [
        `form-of-${name}`,
        {
          path: `/antraege/${draft.id}/bearbeiten?schritt=${step}`,
          session: data.citizen,
          answers: [
            [/^\/applications\/[^/]+$/, draft],
            [/^\/forms\/[^/]+$/, form],
          ],
          ...(state === "errors" && { press: "Weiter" }),
        },
      ];
    }),
  ),
};
