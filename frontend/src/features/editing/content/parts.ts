import type { Json } from "../../../forms/definition";
import { pointer, readAt, writeAt } from "../../../forms/pointers";
import type { Content } from "../api";

const tag = /^[a-z]{2,3}(?:-[A-Za-z0-9]{1,8}){0,3}$/;

function isObject(value: Json | undefined): value is { [name: string]: Json } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Whether a value is a text by language. */
export function isText(value: Json | undefined): value is { [language: string]: string } {
  return (
    isObject(value) &&
    Object.keys(value).length > 0 &&
    Object.entries(value).every(([name, text]) => typeof text === "string" && tag.test(name))
  );
}

/** What people do not write: set by the portal, or kept for the source only. */
const unseen = new Set([
  "id",
  "kind",
  "updatedAt",
  "createdAt",
  "version",
  "extras",
  "moduleExtras",
  "furtherIds",
  "origin",
]);

/** The parts by which two versions of an entry are compared and merged: members, and of texts each language. */
export function partsOf(...contents: (Content | undefined)[]): string[] {
  const found = new Set<string>();
  for (const content of contents) {
    for (const [name, value] of Object.entries(content ?? {})) {
      if (unseen.has(name)) continue;
      const texts = contents.some((other) => isText(other?.[name]));
      const plain = contents.some((other) => other?.[name] !== undefined && !isText(other[name]));
      if (texts && !plain && isObject(value)) {
        for (const language of Object.keys(value)) found.add(pointer(name, language));
      } else {
        found.add(pointer(name));
      }
    }
  }
  return [...found];
}

/** Whether two values are the same, whatever the order of their members; nothing is the same as an empty list or text. */
export function same(a: Json | undefined, b: Json | undefined): boolean {
  return canonical(a) === canonical(b);
}

function canonical(value: Json | undefined): string {
  return JSON.stringify(value ?? null, (_, inner: unknown) =>
    typeof inner === "object" && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}

/** The parts in which two contents differ. */
export function differing(a: Content | undefined, b: Content | undefined): string[] {
  return partsOf(a, b).filter((part) => !same(readAt(a, part), readAt(b, part)));
}

/** What two people made of the same content, laid over each other. */
export interface Merged {
  content: Content;
  /** Parts that both have changed, and differently: in `content` mine stand. */
  conflicts: string[];
  /** Parts that were taken over from the other. */
  taken: string[];
}

/** Merges part by part: where only one has changed a part, their words count. */
export function merge(base: Content | undefined, mine: Content, theirs: Content): Merged {
  let content = mine;
  const conflicts: string[] = [];
  const taken: string[] = [];
  for (const part of partsOf(base, mine, theirs)) {
    const [b, m, t] = [readAt(base, part), readAt(mine, part), readAt(theirs, part)];
    if (same(m, t) || same(t, b)) continue;
    if (same(m, b)) {
      content = writeAt(content, part, t);
      taken.push(part);
    } else {
      conflicts.push(part);
    }
  }
  return { content, conflicts, taken };
}

/** Takes empty texts and lists out, so that what was never filled in is not sent. */
export function withoutEmpty(content: Content): Content {
  return (prune(content) as Content | undefined) ?? {};
}

function prune(value: Json): Json | undefined {
  if (value === "") return undefined;
  if (Array.isArray(value)) return value.map((item) => prune(item) ?? (isObject(item) ? {} : item));
  if (!isObject(value)) return value;
  const kept = Object.entries(value).flatMap(([name, member]): [string, Json][] => {
    const pruned = prune(member);
    if (pruned === undefined || (name === "terms" && same(pruned, [{}]))) return [];
    return [[name, pruned]];
  });
  return kept.length === 0 ? undefined : Object.fromEntries(kept);
}
