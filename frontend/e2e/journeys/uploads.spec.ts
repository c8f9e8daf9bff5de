import { closeSync, mkdtempSync, openSync, rmSync, truncateSync, writeFileSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, type Page } from "@playwright/test";
import { begin, errands } from "../support/errands";
import { enterPerson, next } from "../support/forms";
import { inspect } from "../support/inspect";
import { press } from "../support/keyboard";
import { content } from "../support/pages";
import { citizenAt } from "../support/people";
import { test } from "../support/test";

/** Three requests. */
const size = 24 * 1024 * 1024;
const question = "Fotos der Kennzeichen und der Zulassungsbescheinigung";

/** A large file on the disk that begins as a PDF does. */
function largeFile(folder: string, name: string): string {
  const path = join(folder, name);
  writeFileSync(path, "");
  truncateSync(path, size); // takes no room where file systems know holes
  const file = openSync(path, "r+");
  writeSync(file, "%PDF-1.7\n");
  closeSync(file);
  return path;
}

/** The line on which parts of uploads go: it is cut while `isCut` is set, and holds parts back from `heldFrom` on until it is cut. */
async function lineOf(page: Page) {
  const line = { isCut: false, heldFrom: Infinity, offsets: [] as number[] };
  await page.route("**/api/v1/applications/*/uploads/*", async (route) => {
    const offset = Number(route.request().headers()["upload-offset"] ?? -1);
    if (offset >= 0) line.offsets.push(offset);
    while (offset >= line.heldFrom && !line.isCut && !page.isClosed()) {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    try {
      await (line.isCut ? route.abort("connectionreset") : route.continue());
    } catch {
      // the page was loaded anew meanwhile
    }
  });
  return line;
}

/** A photo of 3000 × 2000 points as a phone writes it that was held upright: turned when it is shown, and with the place where it was taken. */
async function phonePhoto(page: Page, name: string) {
  const encoded = await page.evaluate(async () => {
    const canvas = Object.assign(document.createElement("canvas"), { width: 3000, height: 2000 });
    canvas.getContext("2d")?.fillRect(0, 0, 1500, 2000);
    const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, "image/jpeg"));
    return [...new Uint8Array((await blob?.arrayBuffer()) ?? [])];
  });
  const side = "\x01\x12\0\x03\0\0\0\x01\0\x06\0\0";
  const place = "\x88\x25\0\x04\0\0\0\x01\0\0\0\x26\0\0\0\0GPS 52.69 N";
  const exif = Buffer.from(`Exif\0\0MM\0*\0\0\0\x08\0\x02${side}${place}`, "latin1");
  const picture = Buffer.from(encoded).subarray(2);
  const buffer = Buffer.concat([Buffer.from([0xff, 0xd8, 0xff, 0xe1, 0, exif.length + 2]), exif, picture]);
  return { name, mimeType: "image/jpeg", buffer, picture };
}

/** A file of the draft that is open, as the portal holds it. */
async function kept(page: Page, name: string): Promise<Buffer> {
  const draft = page
    .url()
    .replace("/antraege/", "/api/v1/applications/")
    .replace(/\/bearbeiten.*$/, "");
  const application = (await (await page.request.get(draft)).json()) as {
    attachments: { id: string; name: string }[];
  };
  const file = application.attachments.find((attachment) => attachment.name === name);
  return (await page.request.get(`${draft}/attachments/${file?.id}`)).body();
}

/** Width and height of a picture as it is shown. */
function shownSize(page: Page, picture: Buffer) {
  return page.evaluate(
    async (bytes) => {
      const { width, height } = await createImageBitmap(new Blob([new Uint8Array(bytes)]));
      return [width, height];
    },
    [...picture],
  );
}

test("a large file that is cut goes on where it broke, also after the page was loaded anew, and its progress is read out", async ({
  page,
  complaints,
}) => {
  complaints.expect(/ERR_CONNECTION_RESET/);
  const folder = mkdtempSync(join(tmpdir(), "uploads-"));
  try {
    const citizen = await citizenAt(page, "meppen", "Ulla");
    await begin(page, errands.vehicle);
    await enterPerson(page, citizen);
    await next(page);
    const field = page.getByLabel(question);
    const path = largeFile(folder, "Lageplan.pdf");
    const line = await lineOf(page);
    const arrived = page.getByRole("button", { name: "Entfernen Lageplan.pdf" });

    await test.step("it says how far it is, in words too, and the keyboard can end it", async () => {
      line.heldFrom = size / 3;
      await field.setInputFiles(path);
      await expect(page.getByRole("progressbar", { name: "Lageplan.pdf wird hochgeladen" })).toBeVisible();
      await expect(content(page).getByText("33 % von 25 MB")).toBeVisible();
      await expect(
        page.getByRole("status").filter({ hasText: "Lageplan.pdf: 25 % hochgeladen." }),
      ).toHaveCount(1);
      const cancel = page.getByRole("button", { name: "Abbrechen Lageplan.pdf" });
      await cancel.focus();
      await expect(cancel).toBeFocused();
      await inspect(page, "upload-running");
    });

    await test.step("the line breaks, and it goes on by itself where it broke", async () => {
      line.isCut = true;
      const broken = page.getByRole("status").filter({ hasText: "Die Verbindung ist unterbrochen." });
      await expect(broken).toHaveCount(1);
      await inspect(page, "upload-waiting");
      line.heldFrom = (2 * size) / 3;
      line.offsets = [];
      line.isCut = false;
      await expect(content(page).getByText("66 % von 25 MB")).toBeVisible();
      expect(line.offsets[0], "where it goes on").toBe(size / 3);
    });

    await test.step("after a reload it stands there as broken off, and goes on with the same file", async () => {
      await page.reload();
      await expect(content(page).getByText("Unterbrochen bei 66 % von 25 MB.")).toBeVisible();
      await inspect(page, "upload-broken");
      line.heldFrom = Infinity;
      line.offsets = [];
      await field.setInputFiles(path);
      await expect(arrived).toBeVisible();
      expect(line.offsets, "where it goes on").toEqual([(2 * size) / 3]);
      await expect(content(page).getByText("Unterbrochen")).toHaveCount(0);
      await expect(page.getByRole("status").filter({ hasText: "Lageplan.pdf ist hochgeladen." })).toHaveCount(
        1,
      );
      await expect(page.getByText(/Gespeichert um/)).toBeVisible();
      await page.reload();
      await expect(arrived).toBeVisible();
    });

    await test.step("what the person ends is gone", async () => {
      line.heldFrom = size / 3;
      await field.setInputFiles(largeFile(folder, "Irrtum.pdf"));
      await expect(content(page).getByText("33 % von 25 MB")).toBeVisible();
      const deleted = page.waitForResponse((response) => response.request().method() === "DELETE");
      await page.getByRole("button", { name: "Abbrechen Irrtum.pdf" }).press("Enter");
      await expect(content(page).getByText("Irrtum.pdf")).toHaveCount(0);
      await expect(field).toBeFocused();
      expect((await deleted).status()).toBe(204);
      await page.reload();
      await expect(arrived).toBeVisible();
      await expect(content(page).getByText("Irrtum.pdf")).toHaveCount(0);
    });

    await test.step("a photo is turned and shrunk by keyboard before it leaves the device", async () => {
      const photo = await phonePhoto(page, "Kennzeichen.jpg");
      expect(await shownSize(page, photo.buffer)).toEqual([2000, 3000]);
      await field.setInputFiles(photo);
      const dialog = page.getByRole("dialog", { name: "Foto vorbereiten" });
      const preview = dialog.getByRole("img", { name: "Vorschau von Kennzeichen.jpg, um 0 Grad" });
      await expect(preview).toBeVisible();
      await press(page, dialog.getByRole("button", { name: "Nach rechts drehen" }));
      await press(page, dialog.getByRole("checkbox", { name: /^Verkleinern/ }), "Space");
      await expect(dialog.getByText("2.000 × 3.000 Bildpunkte, wird 2.400 × 1.600")).toBeVisible();
      await inspect(page, "upload-photo");
      await press(page, dialog.getByRole("button", { name: "Hochladen" }));
      await expect(page.getByRole("button", { name: "Entfernen Kennzeichen.jpg" })).toBeVisible();
      await expect(field).toBeFocused();
      const picture = await kept(page, photo.name);
      expect(await shownSize(page, picture)).toEqual([2400, 1600]);
      expect(picture.includes("Exif")).toBe(false);
    });

    await test.step("a photo of which nothing is wanted stays as it is, but for what the camera wrote", async () => {
      const photo = await phonePhoto(page, "Schein.jpg");
      await field.setInputFiles(photo);
      const dialog = page.getByRole("dialog", { name: "Foto vorbereiten" });
      await dialog.getByRole("button", { name: "Nach links drehen" }).click();
      await dialog.getByRole("button", { name: "Zurück zum Original" }).click();
      await dialog.getByRole("button", { name: "Hochladen" }).click();
      await expect(page.getByRole("button", { name: "Entfernen Schein.jpg" })).toBeVisible();
      const picture = await kept(page, photo.name);
      expect(picture.subarray(-photo.picture.length).equals(photo.picture)).toBe(true);
      expect(picture.includes("GPS")).toBe(false);
      expect(await shownSize(page, picture)).toEqual([2000, 3000]);
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
