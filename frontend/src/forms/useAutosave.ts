import { useEffect, useRef, useState, useSyncExternalStore } from "react";
import { DraftSaver, type SaveState } from "./draftSaver";

/**
 * Saves a value whenever it changes. `flush` saves at once, before the page moves on; leaving the browser with something
 * unsaved asks back.
 */
export function useAutosave<T>(
  value: T,
  save: (value: T) => Promise<void>,
): { saved: SaveState; flush: () => Promise<boolean>; stop: () => void } {
  const [saver] = useState(() => new DraftSaver<T>());
  const known = useRef(value);
  useEffect(() => {
    saver.saveWith(save);
  });
  useEffect(() => {
    if (known.current === value) return;
    known.current = value;
    saver.change(value);
  }, [saver, value]);
  useEffect(() => {
    const onHide = () => {
      if (document.visibilityState === "hidden") void saver.flush();
    };
    const onOnline = () => void saver.flush();
    const onLeave = (event: BeforeUnloadEvent) => {
      if (saver.unsaved) event.preventDefault();
    };
    document.addEventListener("visibilitychange", onHide);
    window.addEventListener("online", onOnline);
    window.addEventListener("beforeunload", onLeave);
    return () => {
      document.removeEventListener("visibilitychange", onHide);
      window.removeEventListener("online", onOnline);
      window.removeEventListener("beforeunload", onLeave);
      void saver.flush();
    };
  }, [saver]);
  return {
    saved: useSyncExternalStore(saver.subscribe, saver.snapshot),
    flush: () => saver.flush(),
    stop: () => saver.stop(),
  };
}
