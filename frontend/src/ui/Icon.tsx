import { classes } from "../lib/classes";

/** Icons of KERN that the portal uses. */
export type IconName =
  | "account-circle"
  | "add"
  | "arrow-back"
  | "arrow-forward"
  | "autorenew"
  | "calendar-today"
  | "check"
  | "chevron-right"
  | "close"
  | "danger"
  | "dehaze"
  | "delete"
  | "download"
  | "draft"
  | "easy-language"
  | "edit"
  | "home"
  | "info"
  | "language"
  | "logout"
  | "mail"
  | "open-in-new"
  | "print"
  | "search"
  | "success"
  | "warning";

/** A decorative icon: what it says stands in the text beside it. */
export function Icon({ name, size }: { name: IconName; size?: "small" | "large" | "x-large" }) {
  return (
    <span className={classes("kern-icon", `kern-icon--${name}`, size && `kern-icon--${size}`)} aria-hidden />
  );
}
