import type { ReactNode } from "react";
import { classes } from "../lib/classes";

/** The space of a page inside of the shell. `narrow` keeps lines readable where there is only text or a form. */
export function Page({ narrow = false, children }: { narrow?: boolean; children: ReactNode }) {
  return (
    <div className="pv-page pv-main">
      <div className={classes("pv-stack pv-stack--large", narrow && "pv-text")}>{children}</div>
    </div>
  );
}
