import { createElement, useMemo, type ReactNode } from "react";

const allowed = new Set([
  "p",
  "br",
  "h3",
  "h4",
  "h5",
  "h6",
  "ul",
  "ol",
  "li",
  "strong",
  "em",
  "sub",
  "sup",
  "a",
]);

/**
 * Shows text of the catalog. The portal has cleaned it already; here only paragraphs, lists, emphasis and web links are
 * built anew, everything else is its text. `lang` is its language where it is not that of the page.
 */
export function RichText({ html, lang }: { html: string; lang?: string | undefined }) {
  const nodes = useMemo(() => {
    const body = new DOMParser().parseFromString(html, "text/html").body;
    return toNodes(body);
  }, [html]);
  return (
    <div className="pv-rich" lang={lang}>
      {nodes}
    </div>
  );
}

function toNodes(parent: Node): ReactNode[] {
  return [...parent.childNodes].map((node, index) => {
    if (node.nodeType === Node.TEXT_NODE) return node.textContent;
    if (!(node instanceof Element)) return null;
    const name = node.tagName.toLowerCase();
    if (name === "script" || name === "style") return null;
    if (name === "br") return createElement(name, { key: index });
    const children = toNodes(node);
    if (!allowed.has(name)) return createElement("span", { key: index }, ...children);
    if (name !== "a") return createElement(name, { key: index }, ...children);
    const href = webAddress(node.getAttribute("href"));
    return createElement(href === undefined ? "span" : "a", { key: index, href }, ...children);
  });
}

function webAddress(value: string | null): string | undefined {
  return value !== null && /^(?:https?:|mailto:|tel:)/i.test(value.trim()) ? value.trim() : undefined;
}
