import { describe, expect, test } from "vitest";
import { ArchiveLayout } from "./layout.ts";
import type { ZipEntry } from "./zip.ts";

const MAX_32 = 0xff_ff_ff_ff;
const MODIFIED = Date.UTC(2024, 1, 29, 12, 34, 56);

const entry = (size: number, name = `${size}.bin`): ZipEntry => {
  return { name, size, crc32: 0x12_34_56_78, modified: MODIFIED };
};

/** Returns the offset and the bytes of each header, and of the records at the end. */
function headersOf(layout: ArchiveLayout): { offset: number; view: DataView }[] {
  const headers: { offset: number; view: DataView }[] = [];
  let offset = 0;
  for (const piece of layout.pieces({ offset: 0, length: layout.size })) {
    if (piece instanceof Uint8Array)
      headers.push({ offset, view: new DataView(piece.buffer, piece.byteOffset, piece.length) });
    offset += piece.length;
  }
  expect(offset).toBe(layout.size);
  return headers;
}

/** Returns one of these headers. */
function headerOf(layout: ArchiveLayout, index: number): { offset: number; view: DataView } {
  const header = headersOf(layout).at(index);
  if (!header) throw new Error(`The archive has no header ${index}.`);
  return header;
}

const at16 = (view: DataView, offset: number) => view.getUint16(offset, true);
const at32 = (view: DataView, offset: number) => view.getUint32(offset, true);
const at64 = (view: DataView, offset: number) => Number(view.getBigUint64(offset, true));

test("an archive of small files needs no ZIP64", () => {
  const layout = new ArchiveLayout([entry(5), entry(7)]);
  const size = 2 * (30 + 5 + 9) + 12 + 2 * (46 + 5 + 9) + 22;
  expect(layout.size).toBe(size);
  expect(headersOf(layout)).toHaveLength(4);
});

describe("ZIP64", () => {
  test.each([
    [MAX_32 - 1, false],
    [MAX_32, true],
    [5 * 2 ** 30, true],
    [671 * 10 ** 9, true],
  ])("is used for a file of %d bytes: %s", (size, isUsed) => {
    const layout = new ArchiveLayout([entry(size, "a"), entry(1, "b")]);
    const { view } = headerOf(layout, 0);
    const extra = isUsed ? 20 : 0;
    expect(view.byteLength).toBe(30 + 1 + extra + 9);
    expect(at16(view, 4)).toBe(isUsed ? 45 : 10);
    const known = isUsed ? MAX_32 : size;
    expect([at32(view, 18), at32(view, 22)]).toEqual([known, known]);
    // The second file begins after 4 GiB.
    const directory = headerOf(layout, 2).view;
    const second = 46 + 1 + extra + 9;
    expect(at32(directory, second + 42)).toBe(MAX_32);
    expect(at64(directory, second + 46 + 1 + 4)).toBe(headerOf(layout, 1).offset);
  });

  test("has the place of a directory after 4 GiB, and its own place", () => {
    const layout = new ArchiveLayout([entry(MAX_32, "a")]);
    const [directory, end] = [headerOf(layout, 1), headerOf(layout, 2)];
    expect(end.view.byteLength).toBe(56 + 20 + 22);
    expect(at64(end.view, 48)).toBe(directory.offset);
    expect(at64(end.view, 40)).toBe(directory.view.byteLength);
    expect(at64(end.view, 56 + 8)).toBe(end.offset);
    expect(at32(end.view, 56 + 20 + 16)).toBe(MAX_32);
  });

  test("has both sizes of a large file before its content", () => {
    const size = 5 * 2 ** 30;
    const { view } = headerOf(new ArchiveLayout([entry(size, "a")]), 0);
    expect([at64(view, 35), at64(view, 43)]).toEqual([size, size]);
  });

  test("is used at the end only if the directory needs it", () => {
    const size = MAX_32 - 40 - 100;
    expect(headerOf(new ArchiveLayout([entry(size, "a")]), -1).view.byteLength).toBe(22);
  });

  test("of ten thousand files of the largest size keeps every offset exact", () => {
    const layout = new ArchiveLayout(
      Array.from({ length: 10_000 }, (_, index) => entry(671 * 10 ** 9, String(index))),
    );
    expect(Number.isSafeInteger(layout.size)).toBe(true);
    const [last] = [...layout.pieces({ offset: layout.size - 22, length: 22 })];
    expect(last?.length).toBe(22);
  });
});

test.each([
  ["before 1980", Date.UTC(1970, 0, 2), 0x00_21_00_00, 86_400],
  ["in 2024", MODIFIED, 0x58_5d_64_5c, MODIFIED / 1000],
  ["in 2099", Date.UTC(2099, 0), 0xee_21_00_00, null],
  ["after 2107", Date.UTC(3000, 0), 0xff_9f_bf_7d, null],
  ["of fractions of a millisecond", 1.5, 0x00_21_00_00, 0],
  ["that is no date", 1e300, 0xff_9f_bf_7d, null],
])("a time %s is written as far as the format allows", (_, modified, dos, seconds) => {
  const { view } = headerOf(new ArchiveLayout([{ ...entry(0, "a"), modified }]), 0);
  expect(at32(view, 10)).toBe(dos);
  expect(view.byteLength).toBe(30 + 1 + (seconds === null ? 0 : 9));
  const extra = seconds === null ? null : view.getInt32(36, true);
  expect(extra).toBe(seconds);
});

test("headers in the directory are made a few at a time", () => {
  const entries = Array.from({ length: 10_000 }, (_, index) => entry(0, `folder/${index}`));
  const layout = new ArchiveLayout(entries);
  const { size } = layout;
  const largest = Math.max(...headersOf(layout).map(({ view }) => view.byteLength));
  expect(largest).toBeLessThan(70_000);
  expect(size).toBeGreaterThan(1_000_000);
});
