import { describe, expect, test } from "vitest";
import { photoSize, withoutCameraData } from "./photoBytes";

const ascii = (text: string) => [...text].map((sign) => sign.codePointAt(0) ?? 0);
const word = (value: number) => [value >> 8, value & 255];
const long = (value: number) => [...word(value >>> 16), ...word(value & 0xffff)];
const segment = (marker: number, ...content: number[]) => [
  0xff,
  marker,
  ...word(content.length + 2),
  ...content,
];
const entry = (tag: number, type: number, value: number[]) => [
  ...word(tag),
  ...word(type),
  0,
  0,
  0,
  1,
  ...value,
];

/** What a camera writes: which side is up, and where it was (a pointer to the place, and the place). */
const exif = (up: number) =>
  segment(
    0xe1,
    ...ascii("Exif\0\0MM\0*"),
    ...long(8),
    ...word(2),
    ...entry(0x0112, 3, [...word(up), 0, 0]),
    ...entry(0x8825, 4, long(38)),
    ...long(0),
    ...ascii("GPS 52.69 N 7.29 E"),
  );

const jfif = segment(0xe0, ...ascii("JFIF\0"), 1, 1, 0, 0, 1, 0, 1, 0, 0);
const colours = segment(0xe2, ...ascii("ICC_PROFILE\0"), 1, 1, 7, 7);
const adobe = segment(0xee, ...ascii("Adobe"), 0, 100, 0, 0, 0, 0, 1);
const tables = segment(0xdb, 0, 16, 11);
const frame = segment(0xc2, 8, ...word(480), ...word(640), 3);
const scan = (length: number) => [
  ...segment(0xda, 1, 1, 0, 0, 63, 0),
  ...Array.from({ length }, (_, i) => i % 251),
  0xff,
  0,
  0xff,
  0xd3,
  0xff,
  0xff,
  0,
];
const picture = (length: number) => [...tables, ...frame, ...scan(length), ...tables, ...scan(5), 0xff, 0xd9];

function jpeg(...parts: number[][]): File {
  return new File([new Uint8Array([0xff, 0xd8, ...parts.flat()])], "foto.jpg", { type: "image/jpeg" });
}

const read = async (file: Blob | undefined) => [...new Uint8Array((await file?.arrayBuffer()) ?? [])];

describe("withoutCameraData", () => {
  test("of a JPEG the picture and its colours stay bit for bit, and nothing of what the camera wrote", async () => {
    const photo = jpeg(
      jfif,
      exif(1),
      segment(0xe1, ...ascii("http://ns.adobe.com/xap/1.0/\0<exif:GPSLatitude>52,41N")),
      colours,
      segment(0xe2, ...ascii("MPF\0"), 1, 2, 3),
      segment(0xed, ...ascii("Photoshop 3.0\0Meppen")),
      segment(0xfe, ...ascii("GPS")),
      adobe,
      picture(3000),
      ascii("a second picture, with GPS"),
    );
    const bare = await withoutCameraData(photo);
    expect(await read(bare)).toEqual(await read(jpeg(jfif, colours, adobe, picture(3000))));
    expect(bare).toMatchObject({ name: "foto.jpg", type: "image/jpeg" });
  });

  test.each([6, 8, 2])("which side is up stays said (%i)", async (up) => {
    const bare = await read(await withoutCameraData(jpeg(exif(up), picture(9))));
    expect(bare.slice(6, 20)).toEqual(ascii("Exif\0\0MM\0*").concat(long(8)));
    expect(String.fromCodePoint(...bare)).not.toContain("GPS");
    expect(bare.slice(22, 34)).toEqual(entry(0x0112, 3, [...word(up), 0, 0]));
  });

  test("a side that is no side, and a directory that points out of itself, are as if nothing was said", async () => {
    const outside = segment(0xe1, ...ascii("Exif\0\0II*\0"), 0xff, 0xff, 0xff, 0x7f);
    for (const broken of [exif(9), outside, segment(0xe1, ...ascii("Exif\0\0"))]) {
      expect(await read(await withoutCameraData(jpeg(broken, picture(9))))).toEqual(
        await read(jpeg(picture(9))),
      );
    }
  });

  test("markers are found wherever the windows meet in which a large file is read", async () => {
    for (const length of [-3, -2, -1, 0, 1].map((off) => (1 << 16) + off)) {
      const photo = jpeg(exif(1), tables, frame, scan(length), [0xff, 0xd9], ascii("GPS"));
      const bare = await withoutCameraData(photo);
      expect(bare?.size).toBe(photo.size - exif(1).length - 3);
    }
  });

  test("of a PNG texts and time go", async () => {
    const chunk = (type: string, ...content: number[]) => [
      ...long(content.length),
      ...ascii(type),
      ...content,
      1,
      2,
      3,
      4,
    ];
    const start = [0x89, ...ascii("PNG\r\n\x1A\n")];
    const png = (...parts: number[][]) =>
      new File([new Uint8Array([start, ...parts].flat())], "bild.png", { type: "image/png" });
    const head = chunk("IHDR", ...long(640), ...long(480), 8, 2, 0, 0, 0);
    const data = chunk("IDAT", 1, 2, 3);
    const end = chunk("IEND");
    const written = [chunk("tEXt", ...ascii("GPS")), chunk("iTXt", 1), chunk("tIME", 1), chunk("zTXt", 1)];
    const bare = await withoutCameraData(png(head, ...written, data, end, ascii("GPS")));
    expect(await read(bare)).toEqual(await read(png(head, data, end)));
    expect(await photoSize(png(head, data, end))).toEqual({ width: 640, height: 480 });
    expect(await withoutCameraData(png(head, chunk("eXIf", 1), data, end))).toBeUndefined();
    expect(await withoutCameraData(png(head, data))).toBeUndefined();
  });

  test("what is broken off, and what is something else, is not had", async () => {
    const whole = await read(jpeg(jfif, exif(6), picture(40)));
    for (let length = 0; length < whole.length; length++) {
      const part = new File([new Uint8Array(whole.slice(0, length))], "teil.jpg", { type: "image/jpeg" });
      expect(await withoutCameraData(part), `${length} bytes`).toBeUndefined();
    }
    expect(
      await withoutCameraData(new File(["%PDF-1.7"], "kein.jpg", { type: "image/jpeg" })),
    ).toBeUndefined();
  });
});

test("photoSize reads the frame, also of a progressive JPEG behind much else", async () => {
  expect(await photoSize(jpeg(jfif, exif(6), colours, picture(9)))).toEqual({ width: 640, height: 480 });
  expect(await photoSize(jpeg(jfif))).toBeUndefined();
});
