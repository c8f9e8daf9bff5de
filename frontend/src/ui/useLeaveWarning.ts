import { useEffect, useRef } from "react";

/** Has the browser ask back before the page is closed or loaded anew while something would be lost. */
export function useLeaveWarning(wouldLose: () => boolean): void {
  const asked = useRef(wouldLose);
  useEffect(() => {
    asked.current = wouldLose;
  });
  useEffect(() => {
    const onLeave = (event: BeforeUnloadEvent) => {
      if (asked.current()) event.preventDefault();
    };
    window.addEventListener("beforeunload", onLeave);
    return () => window.removeEventListener("beforeunload", onLeave);
  }, []);
}
