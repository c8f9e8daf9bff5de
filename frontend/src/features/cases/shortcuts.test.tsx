import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { fireEvent, render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import type { ReactNode } from "react";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { loadWords, startI18n } from "../../i18n";
import { StatusProvider } from "../../ui/Status";
import { deskSettingsQuery } from "./api";
import { pressed, shortcuts, useShortcut } from "./shortcuts";

beforeEach(async () => {
  await startI18n("de");
  await loadWords("cases");
});

function Next({ run }: { run: (() => void) | undefined }) {
  return (
    <a href="/next" aria-keyshortcuts={useShortcut("next", run)}>
      Weiter
    </a>
  );
}

/** Shows something to a person who has turned the keys on or off. */
function show(content: ReactNode, on: boolean) {
  const client = new QueryClient();
  client.setQueryData(deskSettingsQuery.queryKey, { shortcuts: on });
  render(
    <QueryClientProvider client={client}>
      <StatusProvider>
        <main>{content}</main>
      </StatusProvider>
    </QueryClientProvider>,
  );
}

const link = () => screen.getByRole("link", { name: "Weiter" });

test("a key does what the link beside it does, which names the key", async () => {
  const run = vi.fn();
  show(<Next run={run} />, true);
  await userEvent.keyboard("n");
  expect(run).toHaveBeenCalledTimes(1);
  expect(link()).toHaveAttribute("aria-keyshortcuts", "n");
});

test("turned off, the key does nothing, and nothing names it", async () => {
  const run = vi.fn();
  show(<Next run={run} />, false);
  await userEvent.keyboard("n");
  expect(run).not.toHaveBeenCalled();
  expect(link()).not.toHaveAttribute("aria-keyshortcuts");
});

test("where there is nothing to do, the key is not named", () => {
  show(<Next run={undefined} />, true);
  expect(link()).not.toHaveAttribute("aria-keyshortcuts");
});

test.each(["input", "textarea", "select", "radio", "combobox"])(
  "no key is taken while somebody is in a field: %s",
  async (kind) => {
    const run = vi.fn();
    show(
      <>
        <Next run={run} />
        {kind === "textarea" && <textarea aria-label="Feld" />}
        {kind === "select" && (
          <select aria-label="Feld">
            <option>Nein</option>
          </select>
        )}
        {kind === "input" && <input aria-label="Feld" />}
        {kind === "radio" && <input type="radio" aria-label="Feld" />}
        {kind === "combobox" && (
          <div role="combobox" aria-expanded={false} aria-controls="x" aria-label="Feld" tabIndex={0} />
        )}
      </>,
      true,
    );
    screen.getByLabelText("Feld").focus();
    await userEvent.keyboard("n");
    expect(run).not.toHaveBeenCalled();
  },
);

test("no key is taken while a dialog is open", async () => {
  const run = vi.fn();
  show(
    <>
      <Next run={run} />
      <dialog open>Frage</dialog>
    </>,
    true,
  );
  await userEvent.keyboard("n");
  expect(run).not.toHaveBeenCalled();
});

test("who has chosen something that is not sent is not led away either", async () => {
  const run = vi.fn();
  show(
    <>
      <Next run={run} />
      <form data-unsent="true" />
    </>,
    true,
  );
  await userEvent.keyboard("n");
  expect(run).not.toHaveBeenCalled();
});

test("who has written something is not led away, and is told why", async () => {
  const run = vi.fn();
  show(
    <>
      <Next run={run} />
      <textarea aria-label="Ihre Frage" />
    </>,
    true,
  );
  await userEvent.type(screen.getByLabelText("Ihre Frage"), "Wie viele?");
  link().focus();
  await userEvent.keyboard("n");
  expect(run).not.toHaveBeenCalled();
  expect(screen.getByRole("status")).toHaveTextContent("noch nicht gesendet");
  await userEvent.clear(screen.getByLabelText("Ihre Frage"));
  link().focus();
  await userEvent.keyboard("n");
  expect(run).toHaveBeenCalledTimes(1);
});

/** What a key is taken for. */
const key = (init: KeyboardEventInit) => {
  let got: string | undefined;
  const listen = (event: KeyboardEvent) => {
    got = pressed(event);
  };
  document.addEventListener("keydown", listen);
  fireEvent.keyDown(document.body, init);
  document.removeEventListener("keydown", listen);
  return got;
};

describe("pressed", () => {
  test("browsers and screen readers keep their keys", () => {
    for (const held of [
      { ctrlKey: true },
      { altKey: true },
      { metaKey: true },
      { shiftKey: true },
      { repeat: true },
      { isComposing: true },
    ]) {
      expect(key({ key: "n", ...held }), JSON.stringify(held)).toBeUndefined();
    }
  });

  test("the question mark is typed with shift, and the caps lock changes nothing", () => {
    expect(key({ key: "?", shiftKey: true })).toBe("?");
    expect(key({ key: "N" })).toBe("n");
  });

  test("each key does one thing, and none is one that Firefox searches with", () => {
    const keys = Object.values(shortcuts);
    expect(new Set(keys).size).toBe(keys.length);
    expect(keys).not.toContain("/");
    expect(keys).not.toContain("'");
  });
});
