import { useEffect, useRef, useState, useSyncExternalStore } from "react";
import { useLeaveWarning } from "../ui/useLeaveWarning";
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
  useLeaveWarning(() => saver.unsaved);
  useEffect(() => {
    const onHide = () => {
      if (document.visibilityState === "hidden") void saver.flush();
    };
    const onOnline = () => void saver.flush();
    document.addEventListener("visibilitychange", onHide);
    window.addEventListener("online", onOnline);
    return () => {
      document.removeEventListener("visibilitychange", onHide);
      window.removeEventListener("online", onOnline);
      void saver.flush();
    };
  }, [saver]);
  return {
    saved: useSyncExternalStore(saver.subscribe, saver.snapshot),
    flush: () => saver.flush(),
    stop: () => saver.stop(),
  };
}
