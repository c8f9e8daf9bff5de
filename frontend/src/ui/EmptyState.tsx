import type { ReactNode } from "react";

/** Nothing here, and what to do next. */
export function EmptyState({ title, children }: { title: ReactNode; children?: ReactNode }) {
  return (
    <div className="pv-empty pv-stack pv-stack--medium">
      <p className="pv-strong">{title}</p>
      {children}
    </div>
  );
}
