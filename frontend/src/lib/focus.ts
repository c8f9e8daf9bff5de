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

/** Notes that the next heading to appear is that of a new page. */
export function expectHeading(): void {
  headingExpected = true;
}

/** Whether a heading that just appeared should take the focus: once for each change of page, not on the first one. */
export function takeHeadingFocus(): boolean {
  const expected = headingExpected;
  headingExpected = false;
  return expected;
}
