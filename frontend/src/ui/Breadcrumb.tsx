import type { ReactNode } from "react";
import { useWords } from "../i18n";

/** The way from the start to this page. Takes links, and last the page itself as text. */
export function Breadcrumb({ items }: { items: { id: string; link: ReactNode }[] }) {
  const t = useWords();
  return (
    <nav className="pv-breadcrumb" aria-label={t("breadcrumb")}>
      <ol>
        {items.map((item, index) => (
          <li key={item.id} aria-current={index === items.length - 1 ? "page" : undefined}>
            {item.link}
          </li>
        ))}
      </ol>
    </nav>
  );
}
