import { render, screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, expect, test, vi } from "vitest";
import { startI18n } from "../../i18n";
import { FileField } from "./FileField";

/** The beginning of a PNG of 4000 × 3000, and its end: enough for all but the browser's own reading, which is not there in these tests. */
const png = [
  0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10, 0, 0, 0, 13, 73, 72, 68, 82, 0, 0, 15, 160, 0, 0, 11, 184,
].concat([8, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 73, 69, 78, 68, 0, 0, 0, 0]);
const photo = () => new File([new Uint8Array(png)], "Hund.png", { type: "image/png" });

const painted = { rotate: vi.fn(), translate: vi.fn(), drawImage: vi.fn() };
const paintings = [painted.rotate, painted.translate, painted.drawImage];

beforeEach(async () => {
  await startI18n("de");
  // jsdom shows no dialogs, reads no pictures and paints nothing.
  HTMLDialogElement.prototype.showModal = function (this: HTMLDialogElement) {
    this.open = true;
  };
  vi.stubGlobal(
    "createImageBitmap",
    (from: File | { width: number }, wish: { resizeWidth?: number; resizeHeight?: number }) =>
      Promise.resolve({
        width: wish.resizeWidth ?? 4000,
        height: wish.resizeHeight ?? 3000,
        close: () => from,
      }),
  );
  for (const mock of paintings) mock.mockReset();
  vi.spyOn(HTMLCanvasElement.prototype, "getContext").mockReturnValue(painted as never);
  vi.spyOn(HTMLCanvasElement.prototype, "toBlob").mockImplementation(function (
    this: HTMLCanvasElement,
    done,
    type,
  ) {
    done(new Blob([`${this.width} × ${this.height}`], { type: type ?? "" }));
  });
});

function setUp() {
  const added: File[] = [];
  const props = { files: [], pending: [], language: "de", onRemove: vi.fn(), onDismiss: vi.fn() };
  render(<FileField id="f" label="Fotos" maxFiles={3} onAdd={(files) => added.push(...files)} {...props} />);
  return { added, user: userEvent.setup(), input: screen.getByLabelText("Fotos") };
}

const button = (name: string) => screen.getByRole("button", { name });
const turned = () =>
  screen.findByRole("img", { name: "Vorschau von Hund.png, um 90 Grad nach rechts gedreht" });

test("a photo is turned and shrunk by keyboard, and handed in so", async () => {
  const { added, user, input } = setUp();
  await user.upload(input, [new File(["%PDF"], "Schein.pdf", { type: "application/pdf" }), photo()]);
  expect(await screen.findByRole("heading", { name: "Foto vorbereiten" })).toBeInTheDocument();
  expect(await screen.findByText("4.000 × 3.000 Bildpunkte")).toBeInTheDocument();
  button("Nach rechts drehen Hund.png").focus();
  await user.keyboard("{Enter}");
  expect(await turned()).toHaveAttribute("width", "360");
  expect(screen.getByText("Hund.png ist um 90 Grad nach rechts gedreht.")).toHaveAttribute("role", "status");
  screen.getByRole("checkbox").focus();
  await user.keyboard(" ");
  expect(screen.getByText("4.000 × 3.000 Bildpunkte, wird 1.800 × 2.400 Bildpunkte")).toBeInTheDocument();
  button("Hochladen").focus();
  await user.keyboard("{Enter}");
  await waitFor(() => expect(added.map((file) => file.name)).toEqual(["Schein.pdf", "Hund.png"]));
  expect(await added[1]?.text()).toBe("1800 × 2400");
  expect(painted.rotate).toHaveBeenLastCalledWith(Math.PI / 2);
  expect(screen.queryByRole("dialog")).not.toBeInTheDocument();
});

test("back to the original: it is handed in as it was, without being painted", async () => {
  const { added, user, input } = setUp();
  await user.upload(input, photo());
  await user.click(await screen.findByRole("button", { name: "Nach rechts drehen Hund.png" }));
  await turned();
  await user.click(screen.getByRole("checkbox"));
  await user.click(button("Zurück zum Original"));
  expect(await screen.findByText("4.000 × 3.000 Bildpunkte")).toBeInTheDocument();
  expect(screen.getByRole("checkbox")).not.toBeChecked();
  await user.click(button("Hochladen"));
  await waitFor(() => expect(added).toHaveLength(1));
  expect(new Uint8Array((await added[0]?.arrayBuffer()) ?? new ArrayBuffer())).toEqual(new Uint8Array(png));
});

test("a photo that this browser cannot read is said to be so, and goes as it is", async () => {
  vi.stubGlobal("createImageBitmap", () => Promise.reject(new Error("no memory")));
  const { added, user, input } = setUp();
  await user.upload(input, photo());
  expect(
    await screen.findByText(/kann hier nicht gezeigt, gedreht oder verkleinert werden/),
  ).toBeInTheDocument();
  expect(screen.queryByRole("checkbox")).not.toBeInTheDocument();
  await user.click(button("Hochladen"));
  await waitFor(() => expect(added).toHaveLength(1));
});

test("nothing is handed in when the person thinks better of it, and files that are no photos do not ask", async () => {
  const { added, user, input } = setUp();
  await user.upload(input, photo());
  await user.click(await screen.findByRole("button", { name: "Abbrechen" }));
  expect(added).toEqual([]);
  await user.upload(input, new File(["%PDF"], "Schein.pdf", { type: "application/pdf" }));
  expect(added.map((file) => file.name)).toEqual(["Schein.pdf"]);
});
