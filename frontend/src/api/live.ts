import { useEffect, useRef } from "react";

const pollDelay = 20_000;

/**
 * Calls `onChange` whenever the portal's event stream at `address` says that something changed, and after each time the
 * line was broken, because something may have happened meanwhile. Where no stream is to be had it asks at intervals.
 */
export function useLive(address: string, onChange: () => void): void {
  const onChangeRef = useRef(onChange);
  useEffect(() => {
    onChangeRef.current = onChange;
  });
  useEffect(() => {
    let openedBefore = false;
    let poll: ReturnType<typeof setInterval> | undefined;
    const stream = new EventSource(address);
    const changed = () => onChangeRef.current();
    stream.addEventListener("changed", changed);
    stream.addEventListener("open", () => {
      clearInterval(poll);
      poll = undefined;
      if (openedBefore) changed();
      openedBefore = true;
    });
    stream.addEventListener("error", () => {
      if (stream.readyState === EventSource.CLOSED && poll === undefined)
        poll = setInterval(changed, pollDelay);
    });
    return () => {
      stream.close();
      clearInterval(poll);
    };
  }, [address]);
}
