import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { expect, type Page } from "@playwright/test";
import type { default as axe, RunOptions } from "axe-core";

const source = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** All rules of WCAG 2.2 AA, and what is good practice; contrast by itself. */
const whole: RunOptions = {
  runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
  rules: { "target-size": { enabled: true }, "color-contrast": { enabled: false } },
  resultTypes: ["violations"],
};

/** The rules whose answer depends on colours, measured once for each look. */
const colours: RunOptions = {
  runOnly: { type: "rule", values: ["color-contrast", "link-in-text-block"] },
  resultTypes: ["violations"],
};

interface Extent {
  /** Only what other colours can change, for a page that is checked whole otherwise. */
  only?: "colours";
}

/** Looks that were right on a page before: they are wherever they appear. */
const enough = new Set<string>();

/** Checks a page as it stands. None of ours holds frames of others. */
export async function checkWithAxe(page: Page, what: string, { only }: Extent = {}) {
  if (!(await page.evaluate(() => "axe" in window))) await page.evaluate(source);
  const texts = await page.evaluateHandle(oneOfEachLook);
  const { found, looks } = await page.evaluate(
    async ({ each, known, rules, ofTexts }) => {
      const inPage = (window as unknown as { axe: typeof axe }).axe;
      const runs = rules === undefined ? [] : [await inPage.run(document, rules)];
      const unknown = each.filter(({ look }) => !known.includes(look));
      const include = unknown.map(({ element }) => element);
      if (include.length > 0) runs.push(await inPage.run({ include }, ofTexts));
      return {
        looks: unknown.filter(({ floats }) => !floats).map(({ look }) => look),
        found: runs
          .flatMap(({ violations }) => violations)
          .map(({ id, help, nodes }) => ({
            id,
            help,
            where: nodes.map((node) => `${node.target.join(" ")}: ${node.html} ${node.failureSummary ?? ""}`),
          })),
      };
    },
    {
      each: texts,
      known: [...enough],
      rules: only === undefined ? whole : undefined,
      ofTexts: colours,
    },
  );
  await texts.dispose();
  expect(found, what).toEqual([]);
  for (const look of looks) enough.add(look);
}

interface Look {
  element: Element;
  /** What its contrast follows from, and whether a link stands out: colours, size and weight, what it stands on and in. */
  look: string;
  /** Stands out of the flow and may lie on anything, so that each counts by itself. */
  floats: boolean;
}

/**
 * Gives elements with text, one of each look: measuring contrast takes longer than all other rules together, and a hundred rows of
 * a table look the same. Runs in the page.
 */
function oneOfEachLook(): Look[] {
  const root = document.documentElement;
  const plain = "rgba(0, 0, 0, 0),none,1,none,normal";
  const grounds = new Map<Element, string>([[root, getComputedStyle(root).backgroundColor]]);
  const afloat = new Set<Element>();
  const looks = new Map<string, Look>();
  // In the order of the document, so that what an element stands on is known before itself.
  for (const element of root.querySelectorAll("*")) {
    const style = getComputedStyle(element);
    const parent = element.parentElement ?? root;
    const under = grounds.get(parent) ?? "";
    const lifted = style.position === "absolute" || style.position === "fixed" || style.position === "sticky";
    const { backgroundColor, backgroundImage, opacity, filter, mixBlendMode } = style;
    const own = [backgroundColor, backgroundImage, opacity, filter, mixBlendMode].join(",");
    const floats = lifted || afloat.has(parent);
    if (floats) afloat.add(element);
    const ground = own === plain && !lifted ? under : `${under}|${own}${lifted ? `,${grounds.size}` : ""}`;
    grounds.set(element, ground);
    const hasText =
      element.matches("input, textarea, select") ||
      [...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.nodeValue?.trim());
    if (!hasText || style.visibility !== "visible" || element.getClientRects().length === 0) continue;
    const { color, fontSize, fontWeight, textShadow } = style;
    const link = element.matches("a") ? [style.textDecorationLine, getComputedStyle(parent).color] : [];
    const look = [
      ground,
      color,
      fontSize,
      fontWeight,
      textShadow,
      element.matches(":disabled"),
      ...link,
    ].join(";");
    if (!looks.has(look)) looks.set(look, { element, look, floats });
  }
  return [...looks.values()];
}
