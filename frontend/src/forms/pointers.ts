import type { Answers, Json } from "./definition";

/** Builds a JSON Pointer (RFC 6901) from its parts. */
export function pointer(...parts: (string | number)[]): string {
  return parts.map((part) => `/${String(part).replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");
}

/** Takes a JSON Pointer apart. */
export function pointerParts(path: string): string[] {
  if (path === "") return [];
  return path
    .slice(1)
    .split("/")
    .map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"));
}

/** The id of the element that asks for the value at a pointer: unique in a form, and the target of the error summary. */
export function fieldId(path: string): string {
  return `field-${pointerParts(path).join("-")}`;
}

/** Whether a pointer is the given one or lies below it. */
export function isWithin(path: string, parent: string): boolean {
  return path === parent || path.startsWith(`${parent}/`);
}

function isObject(value: Json | undefined): value is { [name: string]: Json } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Reads the value at a pointer; undefined when nothing is there. */
export function readAt(answers: Json | undefined, path: string): Json | undefined {
  let value: Json | undefined = answers;
  for (const part of pointerParts(path)) {
    if (Array.isArray(value)) value = value[Number(part)];
    else if (isObject(value)) value = value[part];
    else return undefined;
  }
  return value;
}

/** Positions behind this are none of a form: what comes from elsewhere must not make a list of any length. */
const mostItems = 500;

/** Returns a copy with the value at a pointer replaced, or removed when the value is undefined; what leads there is made. */
export function writeAt(answers: Answers, path: string, value: Json | undefined): Answers {
  const written = write(answers, pointerParts(path), value);
  return isObject(written) ? written : {};
}

function write(target: Json | undefined, parts: string[], value: Json | undefined): Json | undefined {
  const [head, ...rest] = parts;
  if (head === undefined) return value;
  if (Array.isArray(target) || (target === undefined && /^\d+$/.test(head))) {
    const list = Array.isArray(target) ? target : [];
    const index = Number(head);
    const next = write(list[index], rest, value);
    if (next === undefined) return list.filter((_, position) => position !== index);
    if (index < list.length) return list.with(index, next);
    if (index > mostItems) return list;
    return [...list, ...Array.from({ length: index - list.length }, () => ({})), next];
  }
  const object = isObject(target) ? { ...target } : {};
  const next = write(object[head], rest, value);
  if (next === undefined) delete object[head];
  else object[head] = next;
  return object;
}
