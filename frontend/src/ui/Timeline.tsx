import type { ReactNode } from "react";

export interface TimelineItem {
  id: string;
  title: ReactNode;
  meta: ReactNode;
  text?: string | undefined;
  /** What came with it. */
  more?: ReactNode;
}

/** What happened, newest first. */
export function Timeline({ items }: { items: TimelineItem[] }) {
  return (
    <ol className="pv-timeline">
      {items.map((item) => (
        <li key={item.id}>
          <p className="pv-strong">{item.title}</p>
          <p className="pv-small pv-muted">{item.meta}</p>
          {item.text !== undefined && item.text !== "" && <p className="pv-timeline__text">{item.text}</p>}
          {item.more}
        </li>
      ))}
    </ol>
  );
}
