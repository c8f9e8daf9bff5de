const kept = new Set(["p", "h3", "h4", "ul", "ol", "li", "strong", "em", "a", "br"]);
const renamed: Record<string, string> = {
  b: "strong",
  i: "em",
  div: "p",
  h1: "h3",
  h2: "h3",
  h5: "h4",
  h6: "h4",
};
const blocks = new Set(["p", "h3", "h4", "ul", "ol"]);

/** Reduces HTML to what texts of the catalog may hold: the portal would take the rest out anyway. */
export function clean(html: string): string {
  const body = new DOMParser().parseFromString(html, "text/html").body;
  const out = document.implementation.createHTMLDocument("").body;
  copy(body, out);
  wrapLoose(out);
  for (const empty of out.querySelectorAll("p, h3, h4, li, strong, em, a")) {
    if (empty.textContent?.trim() === "" && !empty.querySelector("br")) empty.remove();
  }
  for (const paragraph of out.querySelectorAll("p")) {
    if (paragraph.textContent?.trim() === "") paragraph.remove();
  }
  return out.innerHTML.replaceAll("&nbsp;", " ").trim();
}

function copy(from: Node, into: Node): void {
  for (const node of from.childNodes) {
    if (node.nodeType === Node.TEXT_NODE) {
      into.appendChild(document.createTextNode(node.textContent ?? ""));
    } else if (node instanceof Element && !["SCRIPT", "STYLE", "META", "TITLE"].includes(node.tagName)) {
      copyElement(node, into);
    }
  }
}

function copyElement(element: Element, into: Node): void {
  const tag = element.tagName.toLowerCase();
  const name = renamed[tag] ?? tag;
  const href = element.getAttribute("href")?.trim() ?? "";
  const isLink = name === "a" && /^(?:https?:|mailto:)/i.test(href);
  if (!kept.has(name) || (name === "a" && !isLink)) {
    copy(element, into);
    return;
  }
  const made = document.createElement(name);
  if (isLink) made.setAttribute("href", href);
  copy(element, made);
  into.appendChild(made);
}

/** Puts text that stands outside of any block into paragraphs, and takes blocks out of paragraphs. */
function wrapLoose(body: HTMLElement): void {
  for (const block of body.querySelectorAll("p > p, p > ul, p > ol, p > h3, p > h4")) {
    const parent = block.parentElement;
    parent?.after(block);
  }
  const hasBlocks = [...body.children].some((child) => blocks.has(child.tagName.toLowerCase()));
  if (!hasBlocks) return;
  let paragraph: HTMLElement | undefined;
  const nodes = Array.from(body.childNodes);
  for (const node of nodes) {
    const isBlock = node instanceof Element && blocks.has(node.tagName.toLowerCase());
    if (isBlock || (node.nodeType === Node.TEXT_NODE && node.textContent?.trim() === "")) {
      paragraph = undefined;
      continue;
    }
    if (!paragraph) {
      paragraph = document.createElement("p");
      node.before(paragraph);
    }
    paragraph.appendChild(node);
  }
}

/** The text of HTML, each block on a line of its own; for comparing. */
export function plainLines(html: string): string {
  if (!html.includes("<") && !html.includes("&")) return html;
  const body = new DOMParser().parseFromString(html, "text/html").body;
  for (const block of body.querySelectorAll("p, h3, h4, li, br")) block.append("\n");
  return (body.textContent ?? "").replaceAll(/\n{2,}/g, "\n").trim();
}
