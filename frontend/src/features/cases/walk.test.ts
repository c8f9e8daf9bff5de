import { expect, test } from "vitest";
import type { Schemas } from "../../api/client";
import { continueWalk, placeIn, walkOf } from "./walk";

const page = (ids: string[], more: Partial<Schemas["CaseList"]> = {}) =>
  ({ items: ids.map((id) => ({ id })), ...more }) as Schemas["CaseList"];

test("a list that was read whole has a first, a last and a number", () => {
  const walk = walkOf({}, [page(["a", "b"], { nextCursor: "2" }), page(["c"])]);
  expect(placeIn(walk, "a")).toMatchObject({ position: 1, total: 3, previous: undefined, next: "b" });
  expect(placeIn(walk, "c")).toMatchObject({ position: 3, previous: "b", next: undefined, goesOn: false });
  expect(placeIn(walk, "d")).toBeUndefined();
});

test("of a list that goes on, the counts say how many there are: of the state that is asked for", () => {
  const pages = [page(["a"], { nextCursor: "2", counts: { received: 3, granted: 4 } })];
  expect(walkOf({}, pages).total).toBe(7);
  expect(walkOf({ stand: "granted" }, pages).total).toBe(4);
  expect(walkOf({}, [page(["a"], { nextCursor: "2", counts: { received: 1000 } })]).total).toBeUndefined();
  expect(walkOf({}, [page(["a"], { nextCursor: "2" })]).total).toBeUndefined();
});

test("the way goes on across pages, where a case that came again keeps its place", () => {
  const first = walkOf({ offen: "ja" }, [page(["a", "b"], { nextCursor: "2", counts: { received: 4 } })]);
  expect(placeIn(first, "b")).toMatchObject({ next: undefined, goesOn: true });
  const second = continueWalk(first, page(["b", "c"], { nextCursor: "3" }));
  expect(placeIn(second, "b")).toMatchObject({ position: 2, total: 4, next: "c" });
  const third = continueWalk(second, page(["d", "e"]));
  expect(placeIn(third, "e")).toMatchObject({
    position: 5,
    total: 5,
    goesOn: false,
    search: { offen: "ja" },
  });
});
