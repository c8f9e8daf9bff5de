import type { ReactNode } from "react";
import { focusElement } from "../../../lib/focus";

/** A group of fields of an entry, with a heading by which it can be reached. */
export function Section({ id, title, children }: { id: string; title: string; children: ReactNode }) {
  return (
    <section id={id} className="pv-stack pv-form-section" aria-labelledby={`${id}-title`}>
      <h2 id={`${id}-title`}>{title}</h2>
      {children}
    </section>
  );
}

/** Leads to the groups of a long form. */
export function Sections({ label, items }: { label: string; items: { id: string; title: string }[] }) {
  return (
    <nav aria-label={label}>
      <ul className="pv-filters">
        {items.map(({ id, title }) => (
          <li key={id}>
            <a
              href={`#${id}`}
              onClick={(event) => {
                event.preventDefault();
                const heading = document.getElementById(`${id}-title`);
                heading?.scrollIntoView({ block: "start" });
                focusElement(heading);
              }}
            >
              {title}
            </a>
          </li>
        ))}
      </ul>
    </nav>
  );
}
