import { closeSync, mkdtempSync, openSync, rmSync, truncateSync, writeFileSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, type Page } from "@playwright/test";
import { begin, errands } from "../support/errands";
import { enterPerson, next } from "../support/forms";
import { inspect } from "../support/inspect";
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
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
