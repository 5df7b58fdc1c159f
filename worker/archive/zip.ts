/** One file of a ZIP. */
export interface ZipEntry {
  /** Path with slashes. */
  name: string;
  /** Bytes of its content. */
  size: number;
  crc32: number;
  /** In ms since 1970. */
  modified: number;
}

/** Values from this one on do not fit into 32 bits: this one itself marks a value in the ZIP64 field. */
const MAX_32 = 0xff_ff_ff_ff;

/** UTF-8 names. */
const FLAGS = 0x08_00;
const STORED = 0;
/** Versions of the format that readers need: 1.0, and 4.5 for ZIP64. */
const VERSION = 10;
const ZIP64_VERSION = 45;
/** Unix made it, so that readers don't take names for those of DOS and know the mode of files. */
const MADE_BY_UNIX = (3 << 8) | ZIP64_VERSION;
/** A regular file that its owner may write and all may read, in the high half of the attributes. */
const REGULAR_FILE = 0o100_644 * 0x1_00_00;

const EXTRA_ZIP64 = 0x00_01;
const EXTRA_TIME = 0x54_55;
const HAS_MODIFIED = 1;

/** Returns the header before the content of an entry. */
export function localHeader(entry: ZipEntry): Uint8Array {
  const name = encode(entry.name);
  // A reader expects both sizes or none here.
  const sizes = entry.size < MAX_32 ? [] : [entry.size, entry.size];
  const extra = concat(zip64Extra(sizes), timeExtra(entry.modified));
  return fields(30 + name.length + extra.length)
    .u32(0x04_03_4b_50)
    .u16(sizes.length > 0 ? ZIP64_VERSION : VERSION)
    .common(entry, name, extra)
    .bytes(name)
    .bytes(extra).done;
}

/** Returns the header of an entry in the central directory. @param offset that of its local header */
export function centralHeader(entry: ZipEntry, offset: number): Uint8Array {
  const name = encode(entry.name);
  const large = [entry.size, entry.size, offset].filter((value) => value >= MAX_32);
  const extra = concat(zip64Extra(large), timeExtra(entry.modified));
  return fields(46 + name.length + extra.length)
    .u32(0x02_01_4b_50)
    .u16(MADE_BY_UNIX)
    .u16(large.length > 0 ? ZIP64_VERSION : VERSION)
    .common(entry, name, extra)
    .u16(0) // comment
    .u16(0) // disk
    .u16(0) // internal attributes
    .u32(REGULAR_FILE)
    .u32(Math.min(offset, MAX_32))
    .bytes(name)
    .bytes(extra).done;
}

/** The central directory of a ZIP. */
interface Directory {
  entries: number;
  offset: number;
  /** Bytes of its headers. */
  size: number;
}

/** Returns the records at the end of a ZIP. */
export function endRecords(directory: Directory): Uint8Array {
  const { entries, offset, size } = directory;
  const zip64 = Math.max(offset, size) < MAX_32 ? new Uint8Array() : zip64End(directory);
  const end = fields(22)
    .u32(0x06_05_4b_50)
    .u32(0) // disks
    .u16(entries)
    .u16(entries)
    .u32(Math.min(size, MAX_32))
    .u32(Math.min(offset, MAX_32))
    .u16(0).done; // comment
  return concat(zip64, end);
}

function zip64End({ entries, offset, size }: Directory): Uint8Array {
  return (
    fields(56 + 20)
      .u32(0x06_06_4b_50)
      .u64(56 - 12) // bytes that follow in this record
      .u16(MADE_BY_UNIX)
      .u16(ZIP64_VERSION)
      .u64(0) // disks
      .u64(entries)
      .u64(entries)
      .u64(size)
      .u64(offset)
      // The locator of the record above.
      .u32(0x07_06_4b_50)
      .u32(0)
      .u64(offset + size)
      .u32(1).done
  );
}

function zip64Extra(values: readonly number[]): Uint8Array {
  if (values.length === 0) return new Uint8Array();
  const extra = fields(4 + 8 * values.length)
    .u16(EXTRA_ZIP64)
    .u16(8 * values.length);
  for (const value of values) extra.u64(value);
  return extra.done;
}

/** Returns the time in UTC, which the other fields can't have; nothing for a time that doesn't fit. */
function timeExtra(modified: number): Uint8Array {
  const seconds = Math.floor(modified / 1000);
  if (seconds !== (seconds | 0)) return new Uint8Array();
  return fields(9).u16(EXTRA_TIME).u16(5).u8(HAS_MODIFIED).u32(seconds).done;
}

const FIRST_DOS_TIME = Date.UTC(1980, 0, 1);
const LAST_DOS_TIME = Date.UTC(2107, 11, 31, 23, 59, 58);

/** Returns a time as DOS writes it, in UTC: the zone of neither the sender nor the reader is known. */
function dosTime(modified: number): number {
  const time = new Date(Math.min(Math.max(modified, FIRST_DOS_TIME), LAST_DOS_TIME));
  const date =
    ((time.getUTCFullYear() - 1980) << 9) | ((time.getUTCMonth() + 1) << 5) | time.getUTCDate();
  const seconds = time.getUTCSeconds() >> 1;
  return (date << 16) | (time.getUTCHours() << 11) | (time.getUTCMinutes() << 5) | seconds;
}

function encode(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function concat(first: Uint8Array, second: Uint8Array): Uint8Array {
  if (first.length === 0) return second;
  return fields(first.length + second.length)
    .bytes(first)
    .bytes(second).done;
}

function fields(length: number): Fields {
  return new Fields(length);
}

/** Writes fields one after the other. */
class Fields {
  readonly done: Uint8Array;
  readonly #view: DataView;
  #at = 0;

  constructor(length: number) {
    this.done = new Uint8Array(length);
    this.#view = new DataView(this.done.buffer);
  }

  u8(value: number): this {
    this.#view.setUint8(this.#at, value);
    this.#at += 1;
    return this;
  }

  u16(value: number): this {
    this.#view.setUint16(this.#at, value, true);
    this.#at += 2;
    return this;
  }

  u32(value: number): this {
    this.#view.setUint32(this.#at, value, true);
    this.#at += 4;
    return this;
  }

  u64(value: number): this {
    this.#view.setBigUint64(this.#at, BigInt(value), true);
    this.#at += 8;
    return this;
  }

  bytes(bytes: Uint8Array): this {
    this.done.set(bytes, this.#at);
    this.#at += bytes.length;
    return this;
  }

  /** The fields that both headers of an entry have. */
  common({ size, crc32, modified }: ZipEntry, name: Uint8Array, extra: Uint8Array): this {
    const known = Math.min(size, MAX_32);
    this.u16(FLAGS).u16(STORED).u32(dosTime(modified)).u32(crc32);
    return this.u32(known).u32(known).u16(name.length).u16(extra.length);
  }
}
