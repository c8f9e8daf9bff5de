import { expect, type Page } from "@playwright/test";
import axe, { type RunOptions } from "axe-core";

/** All rules of WCAG 2.2 AA, and what is good practice. */
const whole: RunOptions = {
  runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
  rules: { "target-size": { enabled: true } },
  resultTypes: ["violations"],
};

/** The rules whose answer depends on colours and on the width of the window; the others read the document. */
const looks: RunOptions = {
  runOnly: {
    type: "rule",
    values: ["color-contrast", "link-in-text-block", "scrollable-region-focusable", "target-size"],
  },
  resultTypes: ["violations"],
};

interface Extent {
  /** Only what other colours or another width can change, for a page that is checked whole otherwise. */
  looksOnly?: boolean;
}

/** Checks a page as it stands. None of ours holds frames of others. */
export async function checkWithAxe(page: Page, what: string, { looksOnly = false }: Extent = {}) {
  if (!(await page.evaluate(() => "axe" in window))) await page.evaluate(axe.source);
  const found = await page.evaluate(
    async (options) => {
      const inPage = (window as unknown as { axe: typeof axe }).axe;
      const { violations } = await inPage.run(document, options);
      return violations.map(({ id, help, nodes }) => ({
        id,
        help,
        where: nodes.map((node) => `${node.target.join(" ")}: ${node.html} ${node.failureSummary ?? ""}`),
      }));
    },
    looksOnly ? looks : whole,
  );
  expect(found, what).toEqual([]);
}
