import { crc32 } from "../../storage/crc32.ts";

/** An entry of a ZIP, as a reader finds it. */
export interface ReadEntry {
  name: string;
  bytes: Uint8Array;
  /** In seconds since 1970; absent without the field. */
  modified?: number;
}

/**
 * Reads a ZIP from its end, as programs do, and checks everything that both headers of an entry say.
 *
 * @throws Error if something is not right
 */
export function readZip(zip: Uint8Array): ReadEntry[] {
  const view = new DataView(zip.buffer, zip.byteOffset, zip.length);
  const end = zip.length - 22;
  equal("end", view.getUint32(end, true), 0x06_05_4b_50);
  const count = view.getUint16(end + 10, true);
  let at = view.getUint32(end + 16, true);
  equal("size of the directory", at + view.getUint32(end + 12, true), end);
  let expected = 0;
  const entries = Array.from({ length: count }, () => {
    const { entry, length, next, start } = readEntry(zip, view, at);
    equal(`offset of ${entry.name}`, start, expected);
    at += length;
    expected = next;
    return entry;
  });
  equal("end of the directory", at, end);
  return entries;
}

function readEntry(zip: Uint8Array, view: DataView, at: number) {
  equal("header in the directory", view.getUint32(at, true), 0x02_01_4b_50);
  const nameLength = view.getUint16(at + 28, true);
  const extraLength = view.getUint16(at + 30, true);
  const start = view.getUint32(at + 42, true);
  equal("local header", view.getUint32(start, true), 0x04_03_4b_50);
  // From the needed version to the length of the extra fields, both headers have the same fields.
  for (let field = 0; field < 26; field++)
    equal(`field ${field}`, zip[start + 4 + field], zip[at + 6 + field]);
  equal("flags", view.getUint16(at + 8, true), 0x08_00);
  equal("method", view.getUint16(at + 10, true), 0);
  const content = start + 30 + nameLength + extraLength;
  const size = view.getUint32(at + 24, true);
  const bytes = zip.subarray(content, content + size);
  equal("CRC-32", view.getUint32(at + 16, true), crc32(bytes));
  const name = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(
    zip.subarray(at + 46, at + 46 + nameLength),
  );
  const extra = at + 46 + nameLength;
  const modified = extraLength > 0 && { modified: view.getInt32(extra + 5, true) };
  const entry: ReadEntry = { name, bytes, ...modified };
  return { entry, start, next: content + size, length: 46 + nameLength + extraLength };
}

function equal(what: string, actual: number | undefined, expected: number | undefined): void {
  if (actual !== expected) throw new Error(`The ${what} is ${actual} instead of ${expected}.`);
}
