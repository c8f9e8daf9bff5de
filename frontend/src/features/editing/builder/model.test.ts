import { describe, expect, it } from "vitest";
import { compileForm } from "../../../forms/validation";
import { answersToSend } from "../../../forms/conditions";
import type { Answers } from "../../../forms/definition";
import type { FormContent } from "./api";
import { changedTerm, groups, isFee, setCalculation, setFee, sources } from "./calculation";
import { differences, sameContent } from "./compare";
import { additions, commonParts, questionKinds } from "./kinds";
import {
  addQuestions,
  addStep,
  fieldsOf,
  isRequired,
  move,
  placeOf,
  remove,
  schemaOf,
  setField,
  setRequired,
  setRules,
  setSeenTo,
  type Place,
} from "./model";

const empty: FormContent = {
  title: { de: "Fund anzeigen" },
  schema: { type: "object", properties: {} },
  layout: { steps: [] },
};

const errors = (content: FormContent, answers: Answers) =>
  compileForm(content)(answersToSend(content.layout, answers)).map(
    ({ pointer, code }) => `${pointer} ${code}`,
  );

const told = (a: FormContent, b: FormContent) =>
  differences(a, b, "de").map(({ what, label, details }) =>
    [what, label["de"], ...details.map((detail) => detail.what)].join(" "),
  );

/** A form with a number of vehicles, a choice and a group of dogs, and a calculation. */
function priced(): [FormContent, Place] {
  const [begun, step] = addStep(empty, { de: "Schritt" });
  const [asked, group] = addQuestions(begun, step, [
    ...additions("number"),
    ...additions("yesNo"),
    ...additions("group"),
  ]);
  const [inside] = addQuestions(asked, [...step, "group"], additions("choice"));
  const [other, second] = addStep(inside, { de: "Zweiter" });
  const [dated] = addQuestions(other, second, additions("date"));
  expect(group).toEqual(["step", "number"]);
  return addQuestions(dated, step, additions("calculation"));
}

describe("building a calculation", () => {
  it("offers what a term can refer to, by the name that it has there", () => {
    const [content, place] = priced();
    const names = (each?: string) => sources(content, place, each).map(({ name }) => name);
    expect(names()).toEqual(["number", "yesNo", "group", "calculation", "step2.date"]);
    expect(names("group")).toEqual(["choice", "step2.date"]);
    expect(groups(content, place).map(({ name }) => name)).toEqual(["group"]);
  });

  it("reckons what was put together, and is the fee while it is in euros and there", () => {
    const [content, place] = priced();
    const terms = [
      { amount: 1000, times: ["number"], when: [{ field: "yesNo", in: ["yes"] }] },
      { amount: 250, each: "group", when: [{ field: "choice", in: ["a"] }] },
    ];
    const set = setCalculation(content, place, { unit: "cents", terms: [] }, { terms });
    const answers: Answers = {
      step: { number: 3, yesNo: "yes", group: [{ choice: "a" }, { choice: "b" }] },
    };
    expect(answersToSend(set.layout, answers)["step"]).toMatchObject({ calculation: 3250 });
    const fee = setFee(set, place, true);
    expect(fee.layout.fee).toBe("/step/calculation");
    expect(isFee(fee, place)).toBe(true);
    expect(told(set, fee)).toEqual(["fee "]);
    const [without, putBack] = remove(fee, place);
    expect(without.layout.fee).toBeUndefined();
    expect(putBack(without).layout.fee).toBe("/step/calculation");
    expect(remove(fee, ["step"])[0].layout.fee).toBeUndefined();
    expect(remove(fee, ["step", "number"])[0].layout.fee).toBe("/step/calculation");
    const counted = setCalculation(fee, place, { unit: "cents", terms }, { unit: "count" });
    expect(counted.layout.fee).toBeUndefined();
    expect(
      differences(fee, setCalculation(fee, place, { unit: "cents", terms }, { atMost: 9 }), "de"),
    ).toEqual([
      { what: "changed", label: { de: "" }, within: { de: "Schritt" }, details: [{ what: "calculation" }] },
    ]);
  });

  it("forgets the questions of a term that is asked of another group", () => {
    const term = { amount: 5, times: ["number"], when: [{ field: "yesNo", in: ["yes"] }], less: 1 };
    expect(changedTerm(term, { each: "group" })).toEqual({ amount: 5, less: 1, each: "group" });
    expect(changedTerm({ ...term, each: "group" }, { each: "group", less: undefined })).toEqual({
      amount: 5,
      times: ["number"],
      when: [{ field: "yesNo", in: ["yes"] }],
      each: "group",
    });
  });
});

describe("building a form", () => {
  it("asks for every kind of question and every common part, with rules that the renderer can use", () => {
    let [content, step] = addStep(empty, { de: "Schritt" });
    for (const kind of [...questionKinds, ...commonParts])
      [content] = addQuestions(content, step, additions(kind));
    const names = fieldsOf(content, step).map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    expect(names).toContain("iban2");
    const asked = names.filter((name) => name !== "calculation"); // nobody answers that
    expect(errors(content, { step: {} })).toEqual(asked.map((name) => `/step/${name} required`));
  });

  it("puts questions behind the chosen one, moves them, and puts back what was taken out", () => {
    const [begun, step] = addStep(empty, { de: "Schritt" });
    const [one, first] = addQuestions(begun, step, additions("text"));
    const [two] = addQuestions(one, step, additions("date"));
    const [three] = addQuestions(two, step, additions("number"), "text");
    const order = (content: FormContent) => fieldsOf(content, step).map(({ name }) => name);
    expect(order(three)).toEqual(["text", "number", "date"]);
    expect(order(move(three, first, 1))).toEqual(["number", "text", "date"]);
    expect(order(move(three, first, -1))).toEqual(["text", "number", "date"]);
    const [without, putBack] = remove(three, first);
    expect(order(without)).toEqual(["number", "date"]);
    expect(errors(without, { step: { number: 1, date: "2026-01-01" } })).toEqual([]);
    expect(order(putBack(without))).toEqual(["text", "number", "date"]);
    expect(isRequired(putBack(without), first)).toBe(true);
    const [no, back] = remove(three, step);
    expect(no.layout.steps).toEqual([]);
    expect(order(back(no))).toEqual(["text", "number", "date"]);
  });

  it("demands an answer only while the question is shown", () => {
    const [begun, step] = addStep(empty, { de: "Schritt" });
    const [asked] = addQuestions(begun, step, additions("yesNo"));
    const [both, place] = addQuestions(asked, step, additions("text"));
    const shown = setField(both, place, { showWhen: { field: "yesNo", in: ["yes"] } });
    expect(isRequired(shown, place)).toBe(true);
    expect(errors(shown, { step: { yesNo: "no" } })).toEqual([]);
    expect(errors(shown, { step: { yesNo: "yes" } })).toEqual(["/step/text required"]);
    const free = setRequired(shown, place, false);
    expect(errors(free, { step: { yesNo: "yes" } })).toEqual([]);
    expect(errors(setField(shown, place, { showWhen: undefined }), { step: { yesNo: "no" } })).toEqual([
      "/step/text required",
    ]);
  });

  it("changes the rules of a question in a group, and of one that others share their rules with", () => {
    const [begun, step] = addStep(empty, { de: "Schritt" });
    const [grouped, group] = addQuestions(begun, step, additions("group"));
    const [inside, inner] = addQuestions(grouped, group, additions("text"));
    const short = setRules(inside, inner, { maxLength: 3 });
    expect(errors(short, { step: { group: [{ text: "lang" }] } })).toEqual(["/step/group/0/text maxLength"]);
    expect(placeOf(short, "/layout/steps/0/fields/0/fields/0/label")).toEqual(inner);
    expect(placeOf(short, "/schema/properties/step/properties/group/items/properties/text/pattern")).toEqual(
      inner,
    );
    expect(placeOf(short, "/title")).toEqual([]);
    const shared: FormContent = {
      ...short,
      schema: {
        ...short.schema,
        $defs: { line: { type: "string", maxLength: 9 } },
        properties: {
          step: { type: "object", properties: { a: { $ref: "#/$defs/line" }, b: { $ref: "#/$defs/line" } } },
        },
      },
    };
    const changed = setRules(shared, ["step", "a"], { maxLength: 2 });
    expect(schemaOf(changed, ["step", "a"]).maxLength).toBe(2);
    expect(schemaOf(changed, ["step", "b"]).maxLength).toBe(9);
  });

  it("takes out what was noted, at a question and at the whole form", () => {
    const [begun, step] = addStep(empty, { de: "Schritt" });
    const [one, first] = addQuestions(begun, step, additions("text"));
    const noted = setRules(one, first, { $comment: "fim-rule Nur samstags" });
    expect(placeOf(noted, "/schema/properties/step/properties/text/$comment")).toEqual(first);
    expect(setSeenTo(noted, first)).toEqual(one);
    expect(setSeenTo({ ...one, schema: { ...one.schema, $comment: "fim-rule" } }, [])).toEqual(one);
    expect(setSeenTo(setRules(one, step, { $comment: "fim-rule" }), step)).toEqual(one);
    expect(differences(one, noted, "de")).toEqual([]);
    const applicants = { from: 2, to: 3, consent: { de: "Ich bin einverstanden." } };
    expect(told(one, { ...one, layout: { ...one.layout, applicants } })).toEqual([
      "applicants Fund anzeigen",
    ]);
  });

  it("names what differs, question by question", () => {
    const [begun, step] = addStep(empty, { de: "Schritt" });
    const [one, first] = addQuestions(begun, step, additions("text"));
    const before = setField(one, first, { label: { de: "Was?" } });
    const [more] = addQuestions(before, step, additions("person").slice(0, 1));
    const after = { ...setRequired(more, first, false), title: { de: "Fund" } };
    expect(told(before, after)).toEqual(["title Fund text", "changed Was? optional", "added Vorname"]);
    expect(told(after, before)).toContain("removed Vorname");
    expect(sameContent(before, { ...before })).toBe(true);
    expect(told(before, before)).toEqual([]);
  });

  it("says what is different about a question, and which one was moved", () => {
    const [begun, step] = addStep(empty, { de: "Schritt" });
    const [one, first] = addQuestions(begun, step, additions("text"));
    const [two, choice] = addQuestions(one, step, additions("choice"));
    const [three] = addQuestions(two, step, additions("date"));
    const moved = move(move(three, first, 1), first, 1);
    expect(differences(three, moved, "de").map(({ details }) => details)).toEqual([[{ what: "order" }]]);
    const longer = setRules(three, first, { maxLength: 9 });
    expect(differences(three, longer, "de")[0]?.details).toEqual([{ what: "rules" }]);
    const options = [
      { value: "a", label: { de: "Ja" } },
      { value: "c", label: { de: "Neu" } },
    ];
    expect(differences(three, setField(three, choice, { options }), "de")[0]?.details).toEqual([
      { what: "text", before: "", after: "Ja" },
      { what: "newOption", after: "Neu" },
      { what: "lostOption", before: "" },
    ]);
    const asked = setField(three, choice, { label: { de: "Wo?", en: "Where?" }, hint: { de: "Hilfe" } });
    const translated = setField(asked, choice, { label: { de: "Wo?", en: "Whither?" } });
    expect(differences(asked, translated, "de")[0]?.details).toEqual([
      { what: "text", before: "Where?", after: "Whither?" },
    ]);
    expect(differences(three, asked, "de")[0]?.details.map(({ what }) => what)).toEqual(["text", "help"]);
  });
});
