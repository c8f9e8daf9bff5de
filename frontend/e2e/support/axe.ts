import { AxeBuilder } from "@axe-core/playwright";
import { expect, type Page } from "@playwright/test";

const standards = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

/** The rules whose answer depends on colours. */
const ofColours = ["color-contrast", "link-in-text-block"];

interface Extent {
  /** Only what other colours can change, for a page that has been checked whole before. */
  coloursOnly?: boolean;
}

/** Checks a page as it stands by WCAG 2.2 AA and what is good practice. */
export async function checkWithAxe(page: Page, what: string, { coloursOnly = false }: Extent = {}) {
  // Axe counts up in the page itself, not in a second one that is opened each time: none of ours holds frames of others.
  const axe = new AxeBuilder({ page }).setLegacyMode();
  const chosen = coloursOnly
    ? axe.withRules(ofColours)
    : axe.withTags(standards).options({ rules: { "target-size": { enabled: true } } });
  const { violations } = await chosen.analyze();
  const found = violations.map(({ id, help, nodes }) => ({
    id,
    help,
    where: nodes.map((node) => `${node.target.join(" ")}: ${node.html} ${node.failureSummary ?? ""}`),
  }));
  expect(found, what).toEqual([]);
}
