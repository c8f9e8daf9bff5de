import { describe, expect, test } from "vitest";
import { formatDate, joinDate, splitDate } from "./dates";

describe("joinDate", () => {
  test.each([
    [{ day: "9", month: "3", year: "2024" }, "2024-03-09"],
    [{ day: " 09", month: "03 ", year: "2024" }, "2024-03-09"],
    [{ day: "", month: "", year: "" }, ""],
    [{ day: "9", month: "", year: "2024" }, "2024--9"],
    [{ day: "9", month: "März", year: "2024" }, "2024-März-9"],
    [{ day: "9", month: "3", year: "24" }, "24-3-9"],
  ])("%o becomes %s", (parts, expected) => {
    expect(joinDate(parts)).toBe(expected);
  });
});

test("splitDate gives back what was typed, also when it is no date", () => {
  expect(splitDate("2024-03-09")).toEqual({ day: "09", month: "03", year: "2024" });
  expect(splitDate("2024--9")).toEqual({ day: "9", month: "", year: "2024" });
  expect(splitDate("")).toEqual({ day: "", month: "", year: "" });
});

test("formatDate reads a calendar date without shifting it by the time zone", () => {
  expect(formatDate("2024-03-09", "de")).toBe("9. März 2024");
  expect(formatDate("soon", "de")).toBe("soon");
});
