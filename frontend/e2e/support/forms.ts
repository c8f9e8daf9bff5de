import { crc32, deflateSync } from "node:zlib";
import type { Page } from "@playwright/test";
import { address, type Citizen } from "./people";

/** A picture of one pixel. */
export function pixel(name: string) {
  const buffer = Buffer.from(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
    "base64",
  );
  return { name, mimeType: "image/png", buffer };
}

/** A chunk of a PNG. */
function chunk(type: string, content: Buffer): Buffer {
  const head = Buffer.alloc(4);
  head.writeUInt32BE(content.length);
  const named = Buffer.concat([Buffer.from(type, "latin1"), content]);
  const sum = Buffer.alloc(4);
  sum.writeUInt32BE(crc32(named));
  return Buffer.concat([head, named, sum]);
}

/** A picture in two greys: the upper half is dark. */
export function picture(name: string, width: number, height: number) {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.writeUInt8(8, 8); // bits of a point, of which each is a grey
  const rows = Buffer.alloc(height * (width + 1));
  for (let row = 0; row < height; row++) {
    rows.fill(row < height / 2 ? 0x30 : 0xd0, row * (width + 1) + 1, (row + 1) * (width + 1));
  }
  const content = deflateSync(rows, { level: 1 });
  const start = Buffer.from("\x89PNG\r\n\x1A\n", "latin1");
  const parts = [chunk("IHDR", header), chunk("IDAT", content), chunk("IEND", Buffer.alloc(0))];
  return { name, mimeType: "image/png", buffer: Buffer.concat([start, ...parts]) };
}

/** A small PDF file with one empty page. */
export function pdf(name: string, title = "Nachweis") {
  const objects = [
    "<< /Type /Catalog /Pages 2 0 R >>",
    "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
    "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] >>",
    `<< /Title (${title}) >>`,
  ];
  let text = "%PDF-1.4\n";
  const offsets = objects.map((object, index) => {
    const offset = text.length;
    text += `${index + 1} 0 obj\n${object}\nendobj\n`;
    return String(offset).padStart(10, "0");
  });
  const start = text.length;
  const rows = offsets.map((offset) => `${offset} 00000 n \n`).join("");
  const size = objects.length + 1;
  text += `xref\n0 ${size}\n0000000000 65535 f \n${rows}trailer\n<< /Size ${size} /Root 1 0 R /Info 4 0 R >>\n`;
  return {
    name,
    mimeType: "application/pdf",
    buffer: Buffer.from(`${text}startxref\n${start}\n%%EOF\n`, "latin1"),
  };
}

/** Types a date into its three fields. */
export async function enterDate(page: Page, question: string | RegExp, [day, month, year]: string[]) {
  const group = page.getByRole("group", { name: question });
  await group.getByLabel("Tag").fill(day ?? "");
  await group.getByLabel("Monat").fill(month ?? "");
  await group.getByLabel("Jahr").fill(year ?? "");
}

/** Day, month and year of a day counted from today. */
export function dayFromToday(days: number): string[] {
  const day = new Date(Date.now() + days * 86_400_000);
  return [day.getDate(), day.getMonth() + 1, day.getFullYear()].map(String);
}

/** Takes one of several answers. */
export async function choose(page: Page, question: string | RegExp, answer: string): Promise<void> {
  await page.getByRole("group", { name: question }).getByLabel(answer, { exact: true }).check();
}

/** Goes on to the next step. */
export async function next(page: Page): Promise<void> {
  await page.getByRole("button", { name: "Weiter", exact: true }).click();
}

/** Who applies, typed by hand. */
export async function enterPerson(page: Page, citizen: Citizen): Promise<void> {
  await page.getByLabel("Vorname").fill(citizen.givenName);
  await page.getByLabel("Nachname").fill(citizen.familyName);
  await page.getByLabel("Straße").fill(address.street);
  await page.getByLabel("Hausnummer").fill(address.houseNumber);
  await page.getByLabel("Postleitzahl").fill(address.postalCode);
  await page.getByLabel("Ort", { exact: true }).fill(address.city);
  await page.getByLabel("E-Mail-Adresse").fill(citizen.email);
}

/** The questions about a dog that is registered at Meppen. */
export async function enterDog(page: Page, name: string): Promise<void> {
  await page.getByLabel("Rufname").fill(name);
  await page.getByLabel("Rasse").fill("Labrador");
  await choose(page, "Geschlecht", "Rüde");
  await enterDate(page, /Geburtsdatum des Hundes/, ["10", "2", "2025"]);
  await choose(page, "Ist der Hund älter als sechs Monate?", "Ja");
  await page.getByLabel("Chipnummer").fill("276098100123456");
  await enterDate(page, /Seit wann halten Sie den Hund/, ["1", "11", "2026"]);
  await choose(page, "Woher kommt der Hund?", "Von privat");
  await page.getByLabel("Wie viele weitere Hunde leben im Haushalt?").fill("0");
}

/** The questions about a vehicle that is taken off the road. */
export async function enterVehicle(page: Page, plate: string): Promise<void> {
  await page.getByLabel("Kennzeichen", { exact: true }).fill(plate);
  await page.getByLabel("Letzte acht Stellen").fill("8W012345");
  await page.getByLabel("Sicherheitscode der Zulassungsbescheinigung Teil I").fill("7k3R9b2");
  await page.getByLabel("Sicherheitscode des hinteren Kennzeichens").fill("4aX");
}

/** The last questions about a vehicle, on two steps. */
export async function confirmVehicle(page: Page): Promise<void> {
  await choose(page, "Grund der Abmeldung", "Ich habe es verkauft");
  await choose(page, /Kennzeichen für zwölf Monate reservieren/, "Nein");
  await next(page);
  await page.getByLabel(/Das Fahrzeug ist auf mich zugelassen/).check();
  await page.getByLabel(/nicht mehr auf öffentlichen Straßen/).check();
  await page.getByLabel("Meine Angaben sind richtig und vollständig.").check();
}
