/**
 * Small, forgiving access to the browser's storage: a browser that refuses it (private window, policy) must not break a
 * page. Nothing personal goes in here; drafts live at the portal.
 */
export function readLocal(key: string): string | null {
  try {
    return window.localStorage.getItem(key);
  } catch {
    return null;
  }
}

/** Writes or, with null, removes a value; does nothing where storage is refused. */
export function writeLocal(key: string, value: string | null): void {
  try {
    if (value === null) window.localStorage.removeItem(key);
    else window.localStorage.setItem(key, value);
  } catch {
    // Refused: the choice lasts as long as the page.
  }
}

/** Reads a value that was stored as JSON; null when absent or not what `isValid` accepts. */
export function readLocalJson<T>(key: string, isValid: (value: unknown) => value is T): T | null {
  const text = readLocal(key);
  if (text === null) return null;
  try {
    const value: unknown = JSON.parse(text);
    return isValid(value) ? value : null;
  } catch {
    return null;
  }
}

/** Reads a value that is kept for this tab only. */
export function readSession(key: string): string | null {
  try {
    return window.sessionStorage.getItem(key);
  } catch {
    return null;
  }
}

/** Writes or, with null, removes a value of this tab. */
export function writeSession(key: string, value: string | null): void {
  try {
    if (value === null) window.sessionStorage.removeItem(key);
    else window.sessionStorage.setItem(key, value);
  } catch {
    // Refused: it lasts as long as the page.
  }
}
