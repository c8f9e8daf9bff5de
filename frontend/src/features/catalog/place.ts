import { useSyncExternalStore } from "react";
import { readLocalJson, writeLocal } from "../../lib/storage";

/** The place that a person chose, kept on this device only. */
export interface RememberedPlace {
  /** Regionalschlüssel, 12 digits. */
  ars: string;
  name: string;
}

const storageKey = "place";
const listeners = new Set<() => void>();

function isPlace(value: unknown): value is RememberedPlace {
  if (typeof value !== "object" || value === null) return false;
  const { ars, name } = value as Partial<RememberedPlace>;
  return typeof ars === "string" && /^\d{12}$/.test(ars) && typeof name === "string";
}

let current: RememberedPlace | null | undefined;

function read(): RememberedPlace | null {
  current ??= readLocalJson(storageKey, isPlace);
  return current;
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** The place remembered on this device, or null. */
export function usePlace(): RememberedPlace | null {
  return useSyncExternalStore(subscribe, read);
}

/** Remembers a place on this device, or forgets it. */
export function rememberPlace(place: RememberedPlace | null): void {
  current = place;
  writeLocal(storageKey, place === null ? null : JSON.stringify({ ars: place.ars, name: place.name }));
  for (const listener of listeners) listener();
}
