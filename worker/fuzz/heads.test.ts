import * as fc from "fast-check";
import { expect, test, vi } from "vitest";
import { affordableHead } from "../upload/affordable-head.ts";
import { detectType, fileProperties } from "../upload/media-type.ts";
import { concat, utf8 } from "../testing/multipart.ts";
import { GIF, JPEG, PDF, PNG, WEBP } from "../testing/samples.ts";
import { fuzz, FUZZ_TIMEOUT_MS } from "./budget.ts";
import { countSteps } from "./parser-work.ts";
import { applyEdits, someEdits } from "./edits.ts";
import { HEAD_BYTES, KIB } from "../../protocol/index.ts";

/** A box of the ISO base media format, which HEIC, AVIF, JPEG XL and JPEG 2000 are made of. */
function box(type: string, ...content: Uint8Array[]): Uint8Array {
  const body = concat(content);
  const head = new DataView(new ArrayBuffer(4));
  head.setUint32(0, body.length + 8);
  return concat([new Uint8Array(head.buffer), utf8(type), body]);
}

const SIZE = Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 2);
const MIF1 = box("ftyp", utf8("mif1\0\0\0\0mif1heic"));

/** Heads of formats whose parser reads more than the first bytes. */
const HEADS: readonly Uint8Array[] = [
  PNG,
  JPEG,
  GIF,
  WEBP,
  PDF,
  utf8(
    '<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" width="3px" viewBox="0 0 3 2">',
  ),
  concat([MIF1, box("meta", new Uint8Array(4), box("iprp", box("ipco", box("ispe", SIZE))))]),
  concat([box("ftyp", utf8("avif\0\0\0\0mif1avif")), box("meta", new Uint8Array(4))]),
  concat([
    box("JXL ", Uint8Array.of(13, 10, 0x87, 10)),
    box("ftyp", utf8("jxl \0\0\0\0jxl ")),
    box("jxlc", Uint8Array.of(0xff, 10, 0, 0)),
  ]),
  concat([
    box("jP  ", Uint8Array.of(13, 10, 0x87, 10)),
    box("ftyp", utf8("jp2 \0\0\0\0jp2 ")),
    box("jp2h", box("ihdr", SIZE)),
  ]),
  Uint8Array.of(
    0x49,
    0x49,
    42,
    0,
    8,
    0,
    0,
    0,
    2,
    0,
    0,
    1,
    3,
    0,
    1,
    0,
    0,
    0,
    3,
    0,
    0,
    0,
    1,
    1,
    3,
    0,
    1,
    0,
    0,
    0,
    2,
    0,
    0,
    0,
  ),
  concat([utf8("icns"), Uint8Array.of(0, 0, 0, 24), utf8("ic07"), Uint8Array.of(0, 0, 0, 16)]),
  Uint8Array.of(0, 0, 1, 0, 2, 0, 3, 2, 0, 0, 1, 0, 8, 0, 4, 0, 0, 0, 22, 0, 0, 0),
  concat([utf8("BM"), new Uint8Array(12), Uint8Array.of(40, 0, 0, 0, 3, 0, 0, 0, 2, 0, 0, 0)]),
  concat([utf8("8BPS\0\x01"), new Uint8Array(8), SIZE]),
  concat([utf8("DDS "), Uint8Array.of(124, 0, 0, 0), SIZE]),
  utf8("P6\n# made by\n3 2\n255\n"),
  utf8("#?RADIANCE\nFORMAT=32-bit_rle_rgbe\n\n-Y 2 +X 3\n"),
  concat([
    utf8("PK\x03\x04"),
    new Uint8Array(22),
    Uint8Array.of(19, 0, 0, 0),
    utf8("[Content_Types].xml"),
  ]),
  concat([
    utf8("ID3\x04\0\0"),
    Uint8Array.of(0, 0, 1, 0),
    new Uint8Array(128),
    Uint8Array.of(0xff, 0xfb, 0x90, 0),
  ]),
  Uint8Array.of(
    0x30,
    0x26,
    0xb2,
    0x75,
    0x8e,
    0x66,
    0xcf,
    0x11,
    0xa6,
    0xd9,
    0,
    0,
    0,
    0,
    0,
    0,
    24,
    0,
    0,
    0,
    0,
    0,
    0,
    0,
  ),
  concat([Uint8Array.of(0x1a, 0x45, 0xdf, 0xa3, 0x93, 0x42, 0x82, 0x88), utf8("matroska")]),
];

/**
 * Heads with a length of 0, for which earlier versions of a parser looped forever: CVE-2025-71330,
 * CVE-2025-71329 (twice) and CVE-2026-31808.
 */
const ENDLESS: readonly [name: string, bytes: string][] = [
  ["an icon's entry", "69636e73000000106973333200000000"],
  [
    "a box of a JPEG XL",
    "0000000c4a584c200d0a870a00000014667479706a786c20000000006a786c20000000006a786c7000000000ff0a",
  ],
  [
    "a box of a HEIC",
    "00000018667479706d696631000000006d69663168656963000000306d6574610000000000000024697072700000001c6970636f0000000069737065000000000000000300000002",
  ],
  [
    "a header of an ASF film",
    "3026b2758e66cf11a6d900aa0062ce6c370000000000000001000000010211111111111111111111111111111111000000000000000000",
  ],
];

const TYPES = ["", "image/png", "image/svg+xml", "image/heic", "image/x-icon", "text/html"];

const aHead = fc.record({
  head: fc
    .tuple(fc.constantFrom(...HEADS), someEdits)
    .map(([head, edits]) => applyEdits(head, edits)),
  declared: fc.constantFrom(...TYPES),
});

test.each(ENDLESS)("%s of length 0 is parsed", async (_, bytes) => {
  const head = Uint8Array.fromHex(bytes);
  await detectType(head, "image/png");
  expect(fileProperties(head, "image/png")).toEqual({ type: "image/png" });
});

/** Returns a head that starts with these bytes and repeats the others. */
function filled(start: Uint8Array, repeated: Uint8Array, length = HEAD_BYTES): Uint8Array {
  const head = new Uint8Array(length);
  for (let at = start.length; at < length; at += repeated.length) {
    head.set(repeated.subarray(0, length - at), at);
  }
  head.set(start);
  return head;
}

/** Returns a HEIF of this length whose boxes of dimensions contain the repeated ones. */
function heifOf(length: number, repeated: Uint8Array): Uint8Array {
  const parts = [MIF1, box("meta", new Uint8Array(4)), box("iprp"), box("ipco")];
  const head = filled(concat(parts), repeated, length);
  const view = new DataView(head.buffer);
  let start = MIF1.length;
  for (const { length: bytes } of parts.slice(1)) {
    view.setUint32(start, length - start);
    start += bytes;
  }
  return head;
}

const ISPE = box("ispe", SIZE);
const ZIP_ENTRY = concat([
  utf8("PK\x03\x04"),
  Uint8Array.of(20, 0, 8, 0, 0, 0),
  new Uint8Array(16),
  Uint8Array.of(1, 0, 0, 0),
  utf8("a"),
  utf8("PK\x07\x08"),
  new Uint8Array(12),
]);

/** Heads that repeat what a parser looks for. */
const COSTLY: readonly [name: string, head: Uint8Array][] = [
  ["a HEIF with many dimensions", heifOf(HEAD_BYTES, ISPE)],
  ["a short HEIF with many dimensions", heifOf(16 * KIB, ISPE)],
  ["a short HEIF with many empty boxes", heifOf(16 * KIB, concat([ISPE, new Uint8Array(80)]))],
  ["a JPEG XL with many parts", filled(HEADS[8] ?? PNG, box("jxlp", new Uint8Array(4)))],
  ["a JPEG with many segments", filled(JPEG.subarray(0, 2), utf8("\0\x02"))],
  [
    "a JPEG with many short segments",
    filled(Uint8Array.of(255, 216), Uint8Array.of(255, 225, 0, 2)),
  ],
  ["an archive with many entries", filled(ZIP_ENTRY, ZIP_ENTRY)],
  ["a drawing with many open elements", filled(utf8("<svg '<svg a=\"'\">"), utf8("<svg "))],
  ["a PNG with many chunks", filled(PNG, concat([new Uint8Array(4), utf8("tEXt\0\0\0\0")]))],
  [
    "a TIFF with many tags",
    filled(HEADS[10] ?? PNG, Uint8Array.of(1, 1, 3, 0, 1, 0, 0, 0, 0, 0, 0, 0)),
  ],
  ["an icon with many entries", filled(HEADS[11] ?? PNG, utf8("ic07\0\0\0\x10\0\0\0\0\0\0\0\0"))],
];

/** Sixteen steps per byte of the longest head: about 10 ms. */
const MOST_STEPS = 16 * HEAD_BYTES;

/** Returns the steps that the parsers take for a file's type and dimensions. */
function stepsFor(head: Uint8Array, declared: string): Promise<number> {
  return countSteps(async () => {
    await detectType(head, declared);
    return fileProperties(head, "image/png");
  });
}

test.each(COSTLY)("%s takes a bounded number of steps", async (_, head) => {
  expect(await stepsFor(head, "")).toBeLessThan(MOST_STEPS);
});

test("a drawing's root element is looked for in its first bytes only", () => {
  const drawing = utf8(`<svg '<svg width="3" height="2">`);
  expect(fileProperties(drawing, "image/svg+xml")).toMatchObject({ width: 3, height: 2 });
  expect(affordableHead(filled(drawing, utf8("<svg ")))).toHaveLength(1000);
});

test("no archive is decompressed to find its type", async () => {
  const decompress = vi.fn();
  vi.stubGlobal("DecompressionStream", decompress);
  expect(await detectType(Uint8Array.of(0x1f, 0x8b, 8, 0), "")).toBe("application/gzip");
  expect(decompress).not.toHaveBeenCalled();
  vi.unstubAllGlobals();
});

const aLongHead = fc
  .record({
    start: fc.constantFrom(...HEADS, ...COSTLY.map(([, head]) => head.subarray(0, 200))),
    edits: someEdits,
    repeated: fc.oneof(
      fc.constantFrom(ISPE, ZIP_ENTRY, new Uint8Array(8)),
      fc.uint8Array({ minLength: 1, maxLength: 40 }),
    ),
    length: fc.constantFrom(16 * KIB, HEAD_BYTES),
  })
  .map(({ start, edits, repeated, length }) => {
    return filled(applyEdits(start, edits).subarray(0, length), repeated, length);
  });

test(
  "any head takes a bounded number of steps",
  async () => {
    const tried = await fuzz("long heads of files", aLongHead, {}, async (head) => {
      expect(await stepsFor(head, "image/png")).toBeLessThan(MOST_STEPS);
    });
    expect(tried).toBeGreaterThan(0);
  },
  FUZZ_TIMEOUT_MS,
);

test(
  "any head gives a type, and valid dimensions or none",
  async () => {
    const tried = await fuzz("heads of files", aHead, {}, async ({ head, declared }) => {
      const start = head.subarray(0, HEAD_BYTES);
      const {
        type,
        width = 1,
        height = 1,
      } = fileProperties(start, await detectType(start, declared));
      expect(type).toMatch(/^[\w.+-]+\/[\w.+-]+/u);
      for (const pixels of [width, height]) {
        expect(Number.isSafeInteger(pixels) && pixels > 0).toBe(true);
      }
    });
    expect(tried).toBeGreaterThan(0);
  },
  FUZZ_TIMEOUT_MS,
);
