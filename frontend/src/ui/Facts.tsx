import type { ReactNode } from "react";
import { classes } from "../lib/classes";

export interface Fact {
  id: string;
  label: ReactNode;
  value: ReactNode;
  /** A link or button at the end of the line, such as "change". */
  action?: ReactNode;
}

/** A list of facts: label and value, side by side where there is room; `narrow` ones, at the side of a page, never. */
export function Facts({ items, narrow = false }: { items: Fact[]; narrow?: boolean }) {
  const plain = items.every((item) => item.action === undefined);
  return (
    <dl className={classes("pv-facts", narrow ? "pv-facts--narrow" : plain && "pv-facts--plain")}>
      {items.map((item) => (
        <div key={item.id}>
          <dt>{item.label}</dt>
          <dd>{item.value}</dd>
          {item.action !== undefined && <dd className="pv-facts__action">{item.action}</dd>}
        </div>
      ))}
    </dl>
  );
}
