/** A piece of a text that both versions have, or only one. */
export interface Piece {
  kind: "same" | "removed" | "added";
  text: string;
}

const mostCells = 4_000_000;

/** Compares two texts word by word, by their longest common subsequence. Very long ones are compared as a whole. */
export function compareWords(before: string, after: string): Piece[] {
  if (before === after) return before === "" ? [] : [{ kind: "same", text: before }];
  const a = words(before);
  const b = words(after);
  let start = 0;
  while (start < a.length && start < b.length && a[start] === b[start]) start += 1;
  let end = 0;
  while (
    end < a.length - start &&
    end < b.length - start &&
    a[a.length - 1 - end] === b[b.length - 1 - end]
  ) {
    end += 1;
  }
  const pieces: Piece[] = [];
  push(pieces, "same", a.slice(0, start).join(""));
  middle(pieces, a.slice(start, a.length - end), b.slice(start, b.length - end));
  push(pieces, "same", a.slice(a.length - end).join(""));
  return readable(pieces);
}

/** Takes changes together that only spaces or a sign stand between: whole phrases are easier to read than single words. */
function readable(pieces: Piece[]): Piece[] {
  const out: Piece[] = [];
  let removed = "";
  let added = "";
  const flush = () => {
    push(out, "removed", removed);
    push(out, "added", added);
    removed = "";
    added = "";
  };
  pieces.forEach((piece, index) => {
    const between = index < pieces.length - 1 && !/[\p{L}\p{N}\n]/u.test(piece.text);
    if (piece.kind === "removed") removed += piece.text;
    else if (piece.kind === "added") added += piece.text;
    else if (between && removed + added !== "") {
      removed += piece.text;
      added += piece.text;
    } else {
      flush();
      push(out, "same", piece.text);
    }
  });
  flush();
  return out;
}

function words(text: string): string[] {
  return text.match(/\s+|[\p{L}\p{N}]+|[^\s\p{L}\p{N}]/gu) ?? [];
}

function push(pieces: Piece[], kind: Piece["kind"], text: string): void {
  if (text === "") return;
  const last = pieces.at(-1);
  if (last?.kind === kind) last.text += text;
  else pieces.push({ kind, text });
}

function middle(pieces: Piece[], a: string[], b: string[]): void {
  if (a.length * b.length > mostCells) {
    push(pieces, "removed", a.join(""));
    push(pieces, "added", b.join(""));
    return;
  }
  const width = b.length + 1;
  const lengths = new Uint16Array((a.length + 1) * width);
  const at = (i: number, j: number) => lengths[i * width + j] ?? 0;
  for (let i = a.length - 1; i >= 0; i -= 1) {
    for (let j = b.length - 1; j >= 0; j -= 1) {
      lengths[i * width + j] = a[i] === b[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
    }
  }
  let i = 0;
  let j = 0;
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      push(pieces, "same", a[i] ?? "");
      i += 1;
      j += 1;
    } else if (j >= b.length || (i < a.length && at(i + 1, j) >= at(i, j + 1))) {
      push(pieces, "removed", a[i] ?? "");
      i += 1;
    } else {
      push(pieces, "added", b[j] ?? "");
      j += 1;
    }
  }
}
