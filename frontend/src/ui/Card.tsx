import type { ReactNode } from "react";

/** A card whose title is a link that covers all of it. */
export function Card({
  title,
  children,
  level = 3,
}: {
  title: ReactNode;
  children?: ReactNode;
  level?: 2 | 3;
}) {
  const Title = level === 2 ? "h2" : "h3";
  return (
    <div className="kern-card kern-card--active">
      <div className="kern-card__container">
        <Title className="pv-card-title">{title}</Title>
        {children && <div className="kern-card__body">{children}</div>}
      </div>
    </div>
  );
}
