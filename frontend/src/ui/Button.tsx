import type { ButtonHTMLAttributes, AnchorHTMLAttributes, ReactNode, Ref } from "react";
import { createLink } from "@tanstack/react-router";
import { classes } from "../lib/classes";
import { Icon, type IconName } from "./Icon";
import { Spinner } from "./Spinner";

type Variant = "primary" | "secondary" | "tertiary";

interface Look {
  variant?: Variant;
  icon?: IconName;
  small?: boolean;
  block?: boolean;
}

function look({ variant = "primary", small, block }: Look): string {
  return classes(
    "kern-btn",
    `kern-btn--${variant}`,
    small && "kern-btn--x-small",
    block && "kern-btn--block",
  );
}

/** A button. While `busy` it stays in place and in the tab order, but does nothing: a second press has no effect. */
export function Button({
  variant = "primary",
  icon,
  small = false,
  block = false,
  busy = false,
  children,
  type = "button",
  onClick,
  ...rest
}: Look & { busy?: boolean } & Omit<ButtonHTMLAttributes<HTMLButtonElement>, "className" | "style">) {
  return (
    <button
      {...rest}
      type={type}
      className={look({ variant, small, block })}
      aria-disabled={busy || undefined}
      onClick={(event) => {
        if (busy) event.preventDefault();
        else onClick?.(event);
      }}
    >
      {busy ? <Spinner /> : icon && <Icon name={icon} />}
      <span className="kern-label">{children}</span>
    </button>
  );
}

interface AnchorProps extends Look, Omit<AnchorHTMLAttributes<HTMLAnchorElement>, "className" | "style"> {
  children?: ReactNode;
  ref?: Ref<HTMLAnchorElement>;
}

/** A link that looks like a button, to an address outside the application. */
export function AnchorButton({
  variant = "primary",
  icon,
  small = false,
  block = false,
  children,
  ref,
  ...rest
}: AnchorProps) {
  return (
    <a {...rest} ref={ref} className={look({ variant, small, block })}>
      {icon && <Icon name={icon} />}
      <span className="kern-label">{children}</span>
    </a>
  );
}

/** A link that looks like a button, to a page of the application. */
export const LinkButton = createLink(AnchorButton);
