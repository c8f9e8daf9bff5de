import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "@playwright/test";
import { pdf } from "./forms";
import { shows } from "./pages";
import { address, type Citizen } from "./people";
import { top } from "./program";

/** Valid answers for each form, by its id; days are counted from today. */
const samples = JSON.parse(
  readFileSync(join(top, "server/demo/data/samples.json"), "utf8").replaceAll(
    /today([+-]\d+)d/g,
    (_, days: string) => new Date(Date.now() + Number(days) * 86_400_000).toISOString().slice(0, 10),
  ),
) as Record<string, Record<string, Record<string, unknown>>>;

/** Services that Meppen's portal offers for Meppen, and some of Lathen's. */
const services = {
  dog: "8baf4dcf-e4ec-4f7b-8249-3b66dde29b61",
  vehicle: "2c8686d8-4a43-42e7-956d-3a69de1e2fe5",
  /** 30.70 €. */
  parking: "0679c0f2-6a10-4b0f-9f76-68537948e75e",
  /** Of the county, 28 €. */
  hygiene: "9aabd0c1-a711-4eb1-a6c8-8dbe4e67c262",
  /** Of the county, between 20 € and 250 €, set by the clerk. */
  buildingFile: "b7c9d1e2-4a5f-4c3d-8e6b-2f1a0c9d8e75",
  /** Of Lathen, 20 €. */
  streetParty: "7c3f9109-a78b-4e0f-ab09-ba11f9ea2f24",
  /** Of Meppen itself. */
  streetPartyHere: "f9c36792-68d1-421d-a5eb-d367066a021b",
  /** Of Lathen, by FIT-Connect. */
  business: "c798aeae-aa62-444e-82cd-cb9d30c6be60",
  /** Of Lathen, by encrypted mail. */
  dogInLathen: "95590892-dd3d-485d-b9f0-cde112a047b6",
};
const meppen = "034540035035";
const lathen = "034545404029";

/**
 * Begins an application at Meppen's portal for a citizen who is signed in there, answers everything as the demonstration's
 * samples do, and shows the last page before submitting; without the pages on the way, which have journeys of their own.
 */
export async function answered(page: Page, service: keyof typeof services, citizen: Citizen): Promise<void> {
  const { givenName, familyName, email } = citizen;
  const id = await page.evaluate(
    async ({ serviceId, ars, answers, applicant, file }) => {
      const session = (await (await fetch("/api/v1/session")).json()) as { csrfToken: string };
      const headers = {
        "Content-Type": "application/json",
        "X-CSRF-Token": session.csrfToken,
        "Idempotency-Key": crypto.randomUUID(),
      };
      const offers = (await (await fetch(`/api/v1/services/${serviceId}/offers?ars=${ars}`)).json()) as {
        items: { id: string; formId?: string }[];
      };
      const offer = offers.items.find((item) => item.formId !== undefined);
      if (offer?.formId === undefined) throw new Error("no form");
      const body = JSON.stringify({ offerId: offer.id, ars });
      const draft = await fetch("/api/v1/applications", { method: "POST", headers, body });
      const application = (await draft.json()) as { id: string };
      const data = answers[offer.formId] ?? {};
      data["applicant"] = { ...data["applicant"], ...applicant };
      const attach = async (field: string): Promise<string> => {
        const place = new URLSearchParams({ name: "Schein.pdf", field });
        const upload = await fetch(`/api/v1/applications/${application.id}/attachments?${place}`, {
          method: "POST",
          headers: { ...headers, "Content-Type": "application/octet-stream" },
          body: new Uint8Array(file),
        });
        return ((await upload.json()) as { id: string }).id;
      };
      if (data["vehicle"]?.["registration"] !== undefined) {
        const registration = [await attach("/vehicle/registration")];
        data["vehicle"] = { plate: "EL MB 908", keeper: "self", registration };
      }
      if (data["place"]?.["sitePlan"] !== undefined)
        data["place"]["sitePlan"] = [await attach("/place/sitePlan")];
      const saved = await fetch(`/api/v1/applications/${application.id}`, {
        method: "PATCH",
        headers: { ...headers, "If-Match": draft.headers.get("ETag") ?? "" },
        body: JSON.stringify({ data }),
      });
      if (!saved.ok) throw new Error(`the draft is answered with ${saved.status}: ${await saved.text()}`);
      return application.id;
    },
    {
      serviceId: services[service],
      ars: ["streetParty", "business", "dogInLathen"].includes(service) ? lathen : meppen,
      answers: samples,
      file: [...pdf("Schein.pdf").buffer],
      applicant: { givenName, familyName, email, ...address },
    },
  );
  await page.goto(new URL(`/antraege/${id}/bearbeiten?schritt=pruefen`, page.url()).href);
  await shows(page, "Bitte prüfen Sie Ihre Angaben");
}
