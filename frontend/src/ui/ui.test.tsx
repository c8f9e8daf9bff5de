import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { ApiProblem, ConnectionProblem } from "../api/problem";
import { startI18n } from "../i18n";
import { Button } from "./Button";
import { ErrorState } from "./ErrorState";
import { RichText } from "./RichText";
import { useAction } from "./useAction";

beforeEach(() => startI18n("de"));

function Once({ action }: { action: (key: string) => Promise<void> }) {
  const once = useAction(action);
  return (
    <>
      <Button busy={once.busy} onClick={once.run}>
        Absenden
      </Button>
      {once.error !== undefined && <ErrorState error={once.error} />}
    </>
  );
}

const press = () => screen.getByRole("button", { name: "Absenden" });

describe("useAction", () => {
  test("a second press while the first is on its way has no effect", async () => {
    const user = userEvent.setup();
    const action = vi.fn((_key: string) => new Promise<void>(() => undefined));
    render(<Once action={action} />);
    await user.dblClick(press());
    expect(action).toHaveBeenCalledTimes(1);
    expect(press()).toHaveAttribute("aria-disabled", "true");
  });

  test("after a lost reply the same key is used again, after an answer a new one", async () => {
    const user = userEvent.setup();
    const action = vi
      .fn((_key: string) => Promise.resolve())
      .mockRejectedValueOnce(new ConnectionProblem("lost"));
    render(<Once action={action} />);
    await user.click(press());
    expect(await screen.findByText("Keine Verbindung")).toBeInTheDocument();
    await user.click(press());
    await user.click(press());
    const [lost, repeated, another] = action.mock.calls.map(([key]) => key);
    expect(repeated).toBe(lost);
    expect(another).not.toBe(lost);
  });
});

test("ErrorState says what the portal said, with the number for the help desk", async () => {
  const onRetry = vi.fn();
  const problem = new ApiProblem(
    { title: "Zu viele Anfragen.", detail: "Bitte warten Sie kurz.", requestId: "r-1" },
    { status: 429 },
  );
  render(<ErrorState error={problem} onRetry={onRetry} />);
  expect(screen.getByRole("alert")).toHaveTextContent("Zu viele Anfragen.Bitte warten Sie kurz.");
  expect(screen.getByText(/r-1/)).toBeInTheDocument();
  await userEvent.click(screen.getByRole("button", { name: "Noch einmal versuchen" }));
  expect(onRetry).toHaveBeenCalledTimes(1);
});

test("RichText keeps paragraphs, lists and web links, and nothing that could run", () => {
  const { container } = render(
    <RichText html='<p onclick="x()">Gut <a href="javascript:alert(1)">böse</a> <a href="https://example.org">Seite</a></p><script>alert(1)</script><img src=x onerror=alert(1)><ul><li>Punkt</li></ul>' />,
  );
  expect(screen.getByRole("link", { name: "Seite" })).toHaveAttribute("href", "https://example.org");
  expect(screen.getAllByRole("link")).toHaveLength(1);
  expect(screen.getByRole("listitem")).toHaveTextContent("Punkt");
  expect(container.innerHTML).not.toMatch(/script|onclick|onerror|img/);
});
