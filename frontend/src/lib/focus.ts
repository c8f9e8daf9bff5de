/**
 * Moves keyboard and reading focus to an element that does not take focus by itself (a heading, a summary), and scrolls it
 * into view.
 */
export function focusElement(element: HTMLElement | null): void {
  if (!element) return;
  if (!element.hasAttribute("tabindex")) element.setAttribute("tabindex", "-1");
  element.focus();
}

/** Focuses the page's one h1, as every change of page does. */
export function focusHeading(): void {
  focusElement(document.querySelector<HTMLElement>("main h1"));
}
