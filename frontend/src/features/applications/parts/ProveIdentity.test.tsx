import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, expect, test, vi } from "vitest";
import { loadWords, startI18n } from "../../../i18n";
import { leaveFor } from "../../../lib/leave";
import { ProveIdentity } from "./ProveIdentity";

vi.mock("../../../lib/leave", () => ({ leaveFor: vi.fn() }));

beforeEach(async () => {
  vi.mocked(leaveFor).mockClear();
  await startI18n("de");
  await loadWords("applications");
});

async function press(save: () => Promise<boolean>) {
  render(<ProveIdentity level="substantial" returnTo="/antraege/1/bearbeiten" save={save} />);
  await userEvent.click(screen.getByRole("link", { name: "Identität nachweisen" }));
}

test("the person leaves when the draft is saved, not before", async () => {
  const saving: ((all: boolean) => void)[] = [];
  await press(() => new Promise((resolve) => saving.push(resolve)));
  expect(leaveFor).not.toHaveBeenCalled();
  saving[0]?.(true);
  await vi.waitFor(() => expect(leaveFor).toHaveBeenCalledWith(expect.stringContaining("level=substantial")));
});

test("with something unsaved the person stays", async () => {
  const save = vi.fn(() => Promise.resolve(false));
  await press(save);
  expect(save).toHaveBeenCalledOnce();
  expect(leaveFor).not.toHaveBeenCalled();
});
