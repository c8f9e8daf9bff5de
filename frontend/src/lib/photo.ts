import { photoSize, withoutCameraData } from "./photoBytes";

/** What a person wants done with a photo before it is handed in. */
export interface PhotoWish {
  /** Quarters of a turn to the right, 0 to 3. */
  turns: number;
  shrink: boolean;
}

/** A photo as it is looked at: small, and upright. */
export interface PhotoPreview {
  picture: ImageBitmap;
  /** Of the photo itself, upright. */
  width: number;
  height: number;
}

/** The longer side of a photo that was shrunk: a page of A4 at 200 dpi, at which small print can be read. */
export const shrunkSide = 2400;

/** Points of a picture that every browser can paint; phones stop here. */
const mostPoints = 4096 * 4096;
/** Points of a picture that is read at all: it takes four bytes of memory for each. */
const mostRead = 120_000_000;
const previewSide = 480;
const quality = 0.85;

/** Whether a file says that it is a photo that could be turned and shrunk. */
export const isPhoto = (file: File) => file.type === "image/jpeg" || file.type === "image/png";

/** Reads a photo to look at; undefined where this browser cannot, or where it is too large for it. */
export async function previewOf(file: File): Promise<PhotoPreview | undefined> {
  const whole = await read(file);
  if (whole === undefined) return undefined;
  const { width, height } = whole;
  try {
    const scale = Math.min(1, previewSide / Math.max(width, height));
    const picture = await createImageBitmap(whole, {
      resizeWidth: Math.max(1, Math.round(width * scale)),
      resizeHeight: Math.max(1, Math.round(height * scale)),
      resizeQuality: "medium",
    });
    return { picture, width, height };
  } catch {
    return undefined;
  } finally {
    whole.close();
  }
}

/** Width and height of a photo when it is as the person wants it. */
export function sizeOf({ width, height }: { width: number; height: number }, { turns, shrink }: PhotoWish) {
  const scale = Math.min(
    1,
    shrink ? shrunkSide / Math.max(width, height) : 1,
    turns > 0 || shrink ? Math.sqrt(mostPoints / (width * height)) : 1,
  );
  const [across, down] = [Math.max(1, Math.round(width * scale)), Math.max(1, Math.round(height * scale))];
  return turns % 2 === 0 ? { width: across, height: down } : { width: down, height: across };
}

/**
 * The file that is handed in: turned and shrunk as the person wants, and in any case without what the camera wrote about place, time and device. Nothing
 * but that is taken from a photo of which nothing is wanted; a turned or shrunk one is painted anew. A file that cannot be read as a photo stays as it is.
 */
export async function photoToHandIn(file: File, wish: PhotoWish): Promise<File> {
  if (wish.turns === 0 && !wish.shrink) {
    const bare = await withoutCameraData(file);
    if (bare !== undefined) return bare;
  }
  return (await paintedAnew(file, wish)) ?? file;
}

async function paintedAnew(file: File, wish: PhotoWish): Promise<File | undefined> {
  const whole = await read(file);
  if (whole === undefined) return undefined;
  const { width, height } = sizeOf(whole, wish);
  const canvas = document.createElement("canvas");
  canvas.width = width;
  canvas.height = height;
  paint(canvas, whole, wish.turns);
  whole.close();
  const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, file.type, quality));
  canvas.width = 0; // phones count the memory of all canvases together
  return blob === null ? undefined : new File([blob], file.name, { type: blob.type });
}

/** Paints a picture on all of a canvas, turned by quarters to the right. */
export function paint(canvas: HTMLCanvasElement, picture: ImageBitmap, turns: number): void {
  const context = canvas.getContext("2d");
  if (context === null) return;
  const { width, height } = canvas;
  const [across, down] = turns % 2 === 0 ? [width, height] : [height, width];
  context.imageSmoothingQuality = "high";
  context.translate(width / 2, height / 2);
  context.rotate((turns * Math.PI) / 2);
  context.drawImage(picture, -across / 2, -down / 2, across, down);
}

async function read(file: File): Promise<ImageBitmap | undefined> {
  try {
    const size = await photoSize(file);
    if (size === undefined || size.width * size.height > mostRead) return undefined;
    return await createImageBitmap(file, { imageOrientation: "from-image" });
  } catch {
    return undefined; // broken, of a kind that this browser does not know, or more than its memory holds
  }
}
