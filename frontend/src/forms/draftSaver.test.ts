import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { ConnectionProblem } from "../api/problem";
import { DraftSaver } from "./draftSaver";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function saverWith(save: (value: string) => Promise<void>) {
  const saver = new DraftSaver<string>(1000);
  saver.saveWith(save);
  return saver;
}

test("saves a moment after the last change, and only the newest version", async () => {
  const save = vi.fn(() => Promise.resolve());
  const saver = saverWith(save);
  saver.change("a");
  await vi.advanceTimersByTimeAsync(600);
  saver.change("ab");
  await vi.advanceTimersByTimeAsync(600);
  expect(save).not.toHaveBeenCalled();
  await vi.advanceTimersByTimeAsync(400);
  expect(save.mock.calls).toEqual([["ab"]]);
  expect(saver.snapshot()).toMatchObject({ state: "saved", savedAt: expect.any(Date) as Date });
  expect(saver.unsaved).toBe(false);
});

test("without a connection it keeps the draft and tries again by itself", async () => {
  let online = false;
  const save = vi.fn(() => (online ? Promise.resolve() : Promise.reject(new ConnectionProblem("down"))));
  const saver = saverWith(save);
  saver.change("a");
  await vi.advanceTimersByTimeAsync(1000);
  expect(saver.snapshot().state).toBe("offline");
  expect(saver.unsaved).toBe(true);
  online = true;
  await vi.advanceTimersByTimeAsync(5000);
  expect(saver.snapshot().state).toBe("saved");
  expect(save).toHaveBeenCalledTimes(2);
});

test("a refusal is shown and not repeated until the next change", async () => {
  const save = vi.fn(() => Promise.reject(new Error("refused")));
  const saver = saverWith(save);
  saver.change("a");
  await vi.advanceTimersByTimeAsync(60_000);
  expect(saver.snapshot().state).toBe("failed");
  expect(save).toHaveBeenCalledTimes(1);
});

test("a change during saving is saved after it, never at the same time", async () => {
  const finish: (() => void)[] = [];
  const save = vi.fn((_value: string) => new Promise<void>((resolve) => finish.push(resolve)));
  const saver = saverWith(save);
  saver.change("a");
  await vi.advanceTimersByTimeAsync(1000);
  saver.change("b");
  await vi.advanceTimersByTimeAsync(1000);
  expect(save).toHaveBeenCalledTimes(1);
  finish[0]?.();
  await vi.advanceTimersByTimeAsync(1000);
  expect(save.mock.calls).toEqual([["a"], ["b"]]);
  finish[1]?.();
  await vi.advanceTimersByTimeAsync(0);
  expect(saver.snapshot().state).toBe("saved");
});

test("flush saves at once and says whether everything is saved", async () => {
  const saver = saverWith(() => Promise.resolve());
  saver.change("a");
  await expect(saver.flush()).resolves.toBe(true);
  saver.saveWith(() => Promise.reject(new Error("refused")));
  saver.change("b");
  await expect(saver.flush()).resolves.toBe(false);
});
