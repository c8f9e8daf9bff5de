import { expect, type Page } from "@playwright/test";
import axe, { type RunOptions } from "axe-core";

/** All rules of WCAG 2.2 AA, and what is good practice; contrast by itself. */
const whole: RunOptions = {
  runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
  rules: { "target-size": { enabled: true }, "color-contrast": { enabled: false } },
  resultTypes: ["violations"],
};

const some = (...values: string[]): RunOptions => ({
  runOnly: { type: "rule", values },
  resultTypes: ["violations"],
});

/** The rules whose answer depends on the width of the window, and those that depend on colours. */
const parts = {
  width: some("scrollable-region-focusable", "target-size"),
  colours: some("link-in-text-block"),
};
const contrast = some("color-contrast");

interface Extent {
  /** Only what another width or other colours can change, for a page that is checked whole otherwise. */
  only?: keyof typeof parts;
}

/** Checks a page as it stands. None of ours holds frames of others. */
export async function checkWithAxe(page: Page, what: string, { only }: Extent = {}) {
  if (!(await page.evaluate(() => "axe" in window))) await page.evaluate(axe.source);
  const texts = await page.evaluateHandle(oneOfEachLook);
  const found = await page.evaluate(
    async ({ include, rules, ofTexts }) => {
      const inPage = (window as unknown as { axe: typeof axe }).axe;
      const runs = [await inPage.run(document, rules)];
      if (include.length > 0) runs.push(await inPage.run({ include }, ofTexts));
      return runs
        .flatMap(({ violations }) => violations)
        .map(({ id, help, nodes }) => ({
          id,
          help,
          where: nodes.map((node) => `${node.target.join(" ")}: ${node.html} ${node.failureSummary ?? ""}`),
        }));
    },
    { include: texts, rules: only === undefined ? whole : parts[only], ofTexts: contrast },
  );
  await texts.dispose();
  expect(found, what).toEqual([]);
}

/**
 * Gives elements with text, one of each look: measuring contrast takes longer than all other rules together, and a hundred rows of
 * a table look the same. What stands out of the flow may lie on anything, so each such piece counts by itself. Runs in the page.
 */
function oneOfEachLook(): Element[] {
  const root = document.documentElement;
  const grounds = new Map<Element, string>([[root, getComputedStyle(root).backgroundColor]]);
  const looks = new Map<string, Element>();
  // In the order of the document, so that what an element stands on is known before itself.
  for (const element of root.querySelectorAll("*")) {
    const style = getComputedStyle(element);
    const under = grounds.get(element.parentElement ?? root) ?? "";
    const floats = style.position === "absolute" || style.position === "fixed" || style.position === "sticky";
    const { backgroundColor, backgroundImage, opacity, filter, mixBlendMode } = style;
    const own = [backgroundColor, backgroundImage, opacity, filter, mixBlendMode, floats ? grounds.size : ""];
    const ground = `${under}|${own.join(",")}`;
    grounds.set(element, ground);
    const hasText =
      element.matches("input, textarea, select") ||
      [...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.nodeValue?.trim());
    if (!hasText || style.visibility !== "visible" || element.getClientRects().length === 0) continue;
    const { color, fontSize, fontWeight, textShadow } = style;
    const look = [ground, color, fontSize, fontWeight, textShadow, element.matches(":disabled")].join(";");
    if (!looks.has(look)) looks.set(look, element);
  }
  return [...looks.values()];
}
