import type { ReactNode } from "react";
import { Icon } from "./Icon";

/** A message set apart. `live` announces it when it appears; leave it off for what is there from the start. */
export function Alert({
  kind,
  title,
  live = false,
  level = 2,
  children,
}: {
  kind: "info" | "success" | "warning" | "danger";
  title: ReactNode;
  live?: boolean;
  /** Level of the heading in the page's outline; 0 for none. */
  level?: 0 | 2 | 3;
  children?: ReactNode;
}) {
  const Title = level === 0 ? "p" : level === 2 ? "h2" : "h3";
  return (
    <div
      className={`kern-alert kern-alert--${kind}`}
      role={live ? (kind === "danger" ? "alert" : "status") : undefined}
    >
      <div className="kern-alert__header">
        <Icon name={kind} />
        <Title className="kern-title">{title}</Title>
      </div>
      {children && <div className="kern-alert__body">{children}</div>}
    </div>
  );
}
