import { useEffect, useRef, type ReactNode } from "react";
import { useSuspenseQuery } from "@tanstack/react-query";
import { useMatch } from "@tanstack/react-router";
import { portalQuery } from "../api/portal";
import { takeHeadingFocus } from "../lib/focus";

/**
 * The one h1 of a page. Names the browser's window after it, and takes the focus when the person came here from another
 * page, so that a screen reader begins here. Give it a `key` where one component shows several pages.
 */
export function PageHeading({ title, children }: { title: string; children?: ReactNode }) {
  const portal = useSuspenseQuery(portalQuery).data.name;
  const path = useMatch({ strict: false, shouldThrow: false, select: (match) => match.pathname });
  const page = useRef(path);
  const ref = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = `${title} – ${portal}`;
  }, [title, portal]);
  useEffect(() => {
    if (takeHeadingFocus(page.current)) ref.current?.focus({ preventScroll: true });
  }, []);
  return (
    <h1 ref={ref} tabIndex={-1}>
      {children ?? title}
    </h1>
  );
}
