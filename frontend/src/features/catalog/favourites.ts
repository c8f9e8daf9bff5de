import { useSyncExternalStore } from "react";
import { readLocalJson, writeLocal } from "../../lib/storage";

/** A service that a person keeps in mind: on this device only, with all that its line in the list needs. */
export interface Favourite {
  id: string;
  title: string;
  teaser: string;
}

const storageKey = "favourites";
const most = 200;
const none: Favourite[] = [];
const listeners = new Set<() => void>();

function isFavourite(value: unknown): value is Favourite {
  if (typeof value !== "object" || value === null) return false;
  const { id, title, teaser } = value as Partial<Favourite>;
  return typeof id === "string" && typeof title === "string" && typeof teaser === "string";
}

const isList = (value: unknown): value is Favourite[] => Array.isArray(value) && value.every(isFavourite);

let current: Favourite[] | undefined;

function read(): Favourite[] {
  current ??= readLocalJson(storageKey, isList) ?? none;
  return current;
}

function write(next: Favourite[]): void {
  current = next;
  writeLocal(storageKey, next.length === 0 ? null : JSON.stringify(next));
  for (const listener of listeners) listener();
}

/** Another window of the same browser has changed the list. */
function follow(event: StorageEvent): void {
  if (event.key !== storageKey && event.key !== null) return;
  current = undefined;
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  if (listeners.size === 0) window.addEventListener("storage", follow);
  listeners.add(listener);
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0) window.removeEventListener("storage", follow);
  };
}

/** The services kept on this device, the latest first. */
export function useFavourites(): Favourite[] {
  return useSyncExternalStore(subscribe, read);
}

/** Keeps a service, or lets it go. Answers how to take that back. */
export function toggleFavourite({ id, title, teaser }: Favourite): () => void {
  const before = read();
  const without = before.filter((favourite) => favourite.id !== id);
  write(without.length < before.length ? without : [{ id, title, teaser }, ...before].slice(0, most));
  return () => write(before);
}
