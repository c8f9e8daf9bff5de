/**
 * Moves keyboard and reading focus to an element that may not take focus by itself (a heading, a summary), and scrolls it
 * into view.
 */
export function focusElement(element: HTMLElement | null): void {
  if (!element) return;
  if (!element.matches("input, select, textarea, button, a[href], [tabindex]")) element.tabIndex = -1;
  element.focus();
}

let headingExpected = false;
let left: string | undefined;

/**
 * Notes that the next heading to appear is that of a new page.
 * @param from the path of the page that is being left; what still appears there is not it
 */
export function expectHeading(from?: string): void {
  headingExpected = true;
  left = from;
}

/**
 * Whether a heading that just appeared should take the focus: once for each change of page, not on the first one.
 * @param path the path of the page that the heading belongs to
 */
export function takeHeadingFocus(path?: string): boolean {
  if (path !== undefined && path === left) return false;
  const expected = headingExpected;
  headingExpected = false;
  return expected;
}
