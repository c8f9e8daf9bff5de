import type { ReactNode } from "react";
import { classes } from "../lib/classes";

export type BadgeKind = "neutral" | "info" | "success" | "warning" | "danger";

/** A short state beside the thing it belongs to. */
export function Badge({ kind = "neutral", children }: { kind?: BadgeKind; children: ReactNode }) {
  return (
    <span className={classes("kern-badge", kind === "neutral" ? "pv-badge--neutral" : `kern-badge--${kind}`)}>
      <span className="kern-label kern-label--small">{children}</span>
    </span>
  );
}
