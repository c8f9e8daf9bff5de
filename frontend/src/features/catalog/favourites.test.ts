import { act, renderHook } from "@testing-library/react";
import { beforeEach, expect, test, vi } from "vitest";

const dog = { id: "1", title: "Hund anmelden", teaser: "Zur Hundesteuer." };
const waste = { id: "2", title: "Sperrmüll", teaser: "" };

/** The module as it is after the page was loaded anew. */
async function reloaded() {
  vi.resetModules();
  return import("./favourites");
}

beforeEach(() => window.localStorage.clear());

test("what is kept is there after a reload, the latest first, and can be taken back", async () => {
  const { toggleFavourite } = await reloaded();
  toggleFavourite(dog);
  toggleFavourite({ ...waste, owner: "is not kept" } as typeof waste);
  const again = await reloaded();
  const { result, rerender } = renderHook(() => again.useFavourites());
  expect(result.current).toEqual([waste, dog]);
  const undo = again.toggleFavourite(dog);
  rerender();
  expect(result.current).toEqual([waste]);
  act(() => undo());
  expect(result.current).toEqual([waste, dog]);
});

test("what is in the storage but no list of favourites counts as none", async () => {
  for (const text of ['{"a":1}', '[{"id":1}]', "[", '"x"']) {
    window.localStorage.setItem("favourites", text);
    const { useFavourites } = await reloaded();
    const { result } = renderHook(() => useFavourites());
    expect(result.current).toEqual([]);
  }
});

test("a change in another window is followed", async () => {
  const { useFavourites } = await reloaded();
  const { result } = renderHook(() => useFavourites());
  window.localStorage.setItem("favourites", JSON.stringify([dog]));
  act(() => {
    window.dispatchEvent(new StorageEvent("storage", { key: "favourites" }));
  });
  expect(result.current).toEqual([dog]);
});
