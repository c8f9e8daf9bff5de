/**
 * What a photo is without what the camera wrote beside it: where and when it was taken, with which device, its preview (which may show more than the
 * picture does), and what phones hang behind the picture. The picture itself stays bit for bit, with its colours and the side that is up. Gives
 * undefined where that cannot be had: the file is no JPEG or PNG, or a broken one, or a PNG that says in its metadata which side is up.
 */
export async function withoutCameraData(file: File): Promise<File | undefined> {
  const bytes = new Bytes(file);
  try {
    const start = await bytes.at(0, 3);
    const parts =
      start === jpegStart ? await jpegParts(bytes) : start === pngStart ? await pngParts(bytes) : [];
    if (parts.length === 0) return undefined;
    return new File(parts, file.name, { type: file.type, lastModified: file.lastModified });
  } catch (error) {
    if (error instanceof Unreadable) return undefined;
    throw error;
  }
}

/** Width and height of a JPEG or PNG as they are stored, before it is turned as it says. */
export async function photoSize(file: File): Promise<{ width: number; height: number } | undefined> {
  const bytes = new Bytes(file);
  try {
    const start = await bytes.at(0, 3);
    if (start === pngStart) return { width: await bytes.at(16, 4), height: await bytes.at(20, 4) };
    if (start !== jpegStart) return undefined;
    for await (const { marker, at } of segments(bytes)) {
      if (isFrame(marker)) return { width: await bytes.at(at + 7, 2), height: await bytes.at(at + 5, 2) };
    }
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error;
  }
  return undefined;
}

const jpegStart = 0xff_d8_ff;
const pngStart = 0x89_50_4e;

/** A file that is not built as its kind is. */
class Unreadable extends Error {}

const windowSize = 1 << 16;

/** Reads a file in windows, so that a large one takes no more memory than a small one. */
class Bytes {
  #from = 0;
  #window = new Uint8Array();
  readonly file: File;

  constructor(file: File) {
    this.file = file;
  }

  /** The window that begins at an offset or holds it, and the offset's place there. */
  async window(offset: number, length: number): Promise<[Uint8Array, number]> {
    if (offset < 0 || offset + length > this.file.size) throw new Unreadable();
    if (offset < this.#from || offset + length > this.#from + this.#window.length) {
      this.#from = offset;
      this.#window = new Uint8Array(
        await this.file.slice(offset, offset + Math.max(windowSize, length)).arrayBuffer(),
      );
    }
    return [this.#window, offset - this.#from];
  }

  /** A number of some bytes, the highest first. */
  async at(offset: number, length: number): Promise<number> {
    const [window, from] = await this.window(offset, length);
    let value = 0;
    for (let i = 0; i < length; i++) value = value * 256 + (window[from + i] ?? 0);
    return value;
  }

  async text(offset: number, length: number): Promise<string> {
    const [window, from] = await this.window(offset, length);
    return String.fromCodePoint(...window.subarray(from, from + length));
  }
}

const startOfScan = 0xda;
const endOfImage = 0xd9;

interface Segment {
  marker: number;
  at: number;
  /** Behind it, and behind the picture's data where it is a scan. */
  end: number;
}

/** The segments of a JPEG (ITU-T T.81, B.1.1), up to the end of its picture. */
async function* segments(bytes: Bytes): AsyncGenerator<Segment> {
  let at = 2;
  for (;;) {
    if ((await bytes.at(at, 1)) !== 0xff) throw new Unreadable();
    const marker = await bytes.at(at + 1, 1);
    if (marker === 0xff) {
      at++; // bytes that fill up
      continue;
    }
    if (marker === endOfImage) {
      yield { marker, at, end: at + 2 };
      return;
    }
    let end = at + 2 + (await bytes.at(at + 2, 2));
    if (marker === startOfScan) end = await endOfScan(bytes, end);
    yield { marker, at, end };
    at = end;
  }
}

/** Where the coded data of a scan ends: at a marker that is none of those within. */
async function endOfScan(bytes: Bytes, from: number): Promise<number> {
  for (let at = from; ; at++) {
    const [window, place] = await bytes.window(at, 2);
    const found = window.indexOf(0xff, place);
    if (found < 0 || found + 1 === window.length) {
      at += (found < 0 ? window.length : found) - place - 1; // on, in the next window
      continue;
    }
    at += found - place;
    const next = window[found + 1] ?? 0;
    const within = next === 0 || next === 0xff || (next >= 0xd0 && next <= 0xd7);
    if (!within) return at;
  }
}

/** Whether a segment says how large the picture is: SOF0 to SOF15 without DHT, JPG and DAC. */
const isFrame = (marker: number) => marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);

async function jpegParts(bytes: Bytes): Promise<BlobPart[]> {
  const kept: BlobPart[] = [];
  let up = 1;
  for await (const segment of segments(bytes)) {
    if (segment.marker === 0xe1 && (await begins(bytes, segment, "Exif\0\0")))
      up = await sideUp(bytes, segment);
    if (await belongsToPicture(bytes, segment)) kept.push(bytes.file.slice(segment.at, segment.end));
  }
  return [new Uint8Array([0xff, 0xd8]), ...(up > 1 ? [onlySideUp(up)] : []), ...kept];
}

/** Whether a segment is needed to show the picture: tables and data, how it is coded (JFIF, Adobe), and its colours (ICC). */
async function belongsToPicture(bytes: Bytes, segment: Segment): Promise<boolean> {
  switch (segment.marker) {
    case 0xe0:
      return begins(bytes, segment, "JFIF\0");
    case 0xe2:
      return begins(bytes, segment, "ICC_PROFILE\0");
    case 0xee:
      return begins(bytes, segment, "Adobe");
    case 0xfe:
      return false; // a comment
  }
  return segment.marker < 0xe0 || segment.marker > 0xef;
}

async function begins(bytes: Bytes, { at, end }: Segment, text: string): Promise<boolean> {
  return end - at - 4 >= text.length && (await bytes.text(at + 4, text.length)) === text;
}

const orientationTag = 0x01_12;

/** Which side of the picture is up, 1 to 8 (Exif 2.32, 4.6.4, Orientation); 1 where the camera has not said so. */
async function sideUp(bytes: Bytes, { at, end }: Segment): Promise<number> {
  const [window, from] = await bytes.window(at, end - at);
  const view = new DataView(window.buffer, window.byteOffset + from + 10, end - at - 10);
  try {
    const little = view.getUint16(0) === 0x49_49;
    const directory = view.getUint32(4, little);
    const count = view.getUint16(directory, little);
    for (let i = 0; i < count; i++) {
      const entry = directory + 2 + 12 * i;
      if (view.getUint16(entry, little) !== orientationTag) continue;
      const up = view.getUint16(entry + 8, little);
      return up >= 1 && up <= 8 ? up : 1;
    }
  } catch (error) {
    if (!(error instanceof RangeError)) throw error; // it points out of itself, and viewers do not read it either
  }
  return 1;
}

/** Metadata that say which side is up, and nothing else. */
function onlySideUp(up: number): Uint8Array<ArrayBuffer> {
  const exif = [...new TextEncoder().encode("Exif\0\0MM\0*")];
  const entry = [0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, up, 0, 0];
  const content = [...exif, 0, 0, 0, 8, 0, 1, ...entry, 0, 0, 0, 0];
  return new Uint8Array([0xff, 0xe1, 0, content.length + 2, ...content]);
}

/** The chunks of a PNG (PNG 3, 5.3) without texts, time and what a camera says, up to its end. */
async function pngParts(bytes: Bytes): Promise<BlobPart[]> {
  const parts: BlobPart[] = [bytes.file.slice(0, 8)];
  for (let at = 8; ;) {
    const end = at + 12 + (await bytes.at(at, 4));
    if (end > bytes.file.size) throw new Unreadable();
    const type = await bytes.text(at + 4, 4);
    if (type === "eXIf") return [];
    if (!["tEXt", "zTXt", "iTXt", "tIME"].includes(type)) parts.push(bytes.file.slice(at, end));
    if (type === "IEND") return parts;
    at = end;
  }
}
