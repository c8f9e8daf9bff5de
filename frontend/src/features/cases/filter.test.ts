import { expect, test } from "vitest";
import { toFilter, toSearch, type InboxSearch } from "./filter";

test.each<InboxSearch>([
  {},
  { stand: "question", q: "hund" },
  { bei: "mir", offen: "ja", folge: "faellig" },
  { bei: "niemandem", folge: "alt" },
  { bei: "0198a3c0-0000-7000-8000-000000000001", faellig: "vorbei" },
  { zustimmung: "ja" },
  { leistung: "0198a3c0-0000-7000-8000-000000000002" },
])("a view leads back to the address that it was saved from: %o", (search) => {
  expect(toSearch(toFilter(search))).toEqual(search);
});

test("a state that there is none of narrows nothing", () => {
  expect(toFilter({ stand: "nonsense" })).toEqual({});
});
