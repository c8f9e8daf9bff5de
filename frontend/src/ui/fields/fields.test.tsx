import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { useState } from "react";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { startI18n } from "../../i18n";
import { Combobox, type ComboboxOption } from "./Combobox";
import { parseNumber } from "./NumberField";

beforeEach(() => startI18n("de"));

describe("parseNumber", () => {
  test.each([
    ["12,5", "de", 12.5],
    ["1.234,5", "de", 1234.5],
    ["1.234", "de", 1234],
    ["12.5", "de", 12.5],
    ["1,234.5", "en", 1234.5],
    ["1 000", "de", 1000],
    ["-3", "de", -3],
    ["12,5 kg", "de", undefined],
    ["", "de", undefined],
    ["1e5", "de", undefined],
  ])("%s in %s is %s", (text, language, expected) => {
    expect(parseNumber(text, language)).toBe(expected);
  });
});

const options: ComboboxOption[] = [
  { id: "1", label: "Hund anmelden" },
  { id: "2", label: "Hund abmelden" },
];

function Search({
  onChoose,
  onSubmit,
}: {
  onChoose: (option: ComboboxOption) => void;
  onSubmit: () => void;
}) {
  const [text, setText] = useState("");
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        onSubmit();
      }}
    >
      <Combobox
        id="search"
        label="Suche"
        value={text}
        onChange={setText}
        options={text === "" ? [] : options}
        onChoose={onChoose}
      />
    </form>
  );
}

function setUp() {
  const onChoose = vi.fn();
  const onSubmit = vi.fn();
  render(<Search onChoose={onChoose} onSubmit={onSubmit} />);
  return {
    onChoose,
    onSubmit,
    user: userEvent.setup(),
    input: screen.getByRole("combobox", { name: "Suche" }),
  };
}

describe("Combobox", () => {
  test("the arrow keys mark a suggestion, round and round, and Enter takes it", async () => {
    const { onChoose, onSubmit, user, input } = setUp();
    await user.type(input, "hund");
    expect(input).toHaveAttribute("aria-expanded", "true");
    expect(input).not.toHaveAttribute("aria-activedescendant");
    await user.keyboard("{ArrowDown}{ArrowDown}{ArrowDown}");
    expect(screen.getByRole("option", { selected: true })).toHaveTextContent("Hund anmelden");
    await user.keyboard("{ArrowUp}{Enter}");
    expect(onChoose).toHaveBeenCalledWith(options[1]);
    expect(onSubmit).not.toHaveBeenCalled();
    expect(input).toHaveAttribute("aria-expanded", "false");
  });

  test("Enter without a marked suggestion sends what was typed", async () => {
    const { onChoose, onSubmit, user, input } = setUp();
    await user.type(input, "hund{Enter}");
    expect(onSubmit).toHaveBeenCalledTimes(1);
    expect(onChoose).not.toHaveBeenCalled();
    expect(screen.queryByRole("option")).not.toBeInTheDocument();
  });

  test("Escape closes the list and keeps the text; a click takes a suggestion", async () => {
    const { onChoose, user, input } = setUp();
    await user.type(input, "hund{Escape}");
    expect(input).toHaveValue("hund");
    expect(screen.queryByRole("option")).not.toBeInTheDocument();
    await user.keyboard("{ArrowDown}");
    await user.click(screen.getByRole("option", { name: "Hund anmelden" }));
    expect(onChoose).toHaveBeenCalledWith(options[0]);
  });
});
