import { createHash } from "node:crypto";
import { KeyWrites } from "../../../storage/testing/key-writes.ts";
import { MULTIPART_DAYS } from "../../../storage/testing/platform.ts";
import { r2Error } from "../../../storage/testing/r2-errors.ts";
import type { Core } from "../core.ts";

/** Metadata of an object, as it was passed to R2. */
export interface Metadata {
  httpMetadata?: object;
  customMetadata?: Readonly<Record<string, string>>;
}

export interface PutOptions extends Metadata {
  /** Hex. R2 refuses bytes with another digest. */
  sha256?: string;
  onlyIf?: Headers;
}

export interface StoredObject {
  key: string;
  bytes: Uint8Array;
  etag: string;
  metadata: Metadata;
}

export interface Multipart {
  key: string;
  metadata: Metadata;
  parts: Map<number, StoredPart>;
  /** ms since 1970. */
  createdAt: number;
}

interface StoredPart {
  partNumber: number;
  bytes: Uint8Array;
  etag: string;
}

const DAY_MS = 24 * 60 * 60_000;

/** A bucket and R2's operations on it. They only fail because of their arguments. */
export class Bucket {
  readonly objects = new Map<string, StoredObject>();
  readonly uploads = new Map<string, Multipart>();
  readonly writes: KeyWrites;
  /** True if deletions and new multipart uploads count as writes, too: the documentation leaves it open. */
  readonly areAllWritesLimited: boolean;
  readonly #core: Core;
  readonly #onChange: (key: string) => void;

  /** @param onChange receives the key of each object that is stored or deleted */
  constructor(core: Core, onChange: (key: string) => void) {
    this.#core = core;
    this.areAllWritesLimited = core.random.chance(0.3);
    this.writes = new KeyWrites(() => core.scheduler.now);
    this.#onChange = onChange;
  }

  /** Returns null if `onlyIf` requires a key without an object. */
  put(key: string, bytes: Uint8Array, options: PutOptions): StoredObject | null {
    const { sha256, onlyIf, ...metadata } = options;
    if (sha256 !== undefined && sha256 !== hash("sha256", bytes))
      throw r2Error("put", "checksumMismatch");
    if (onlyIf?.get("If-None-Match") === "*" && this.objects.has(key)) return null;
    return this.#store({ key, bytes, etag: hash("md5", bytes), metadata });
  }

  head(key: string): StoredObject | null {
    return this.objects.get(key) ?? null;
  }

  list(prefix: string): StoredObject[] {
    const keys = [...this.objects.keys()].filter((key) => key.startsWith(prefix)).toSorted();
    return keys.flatMap((key) => this.objects.get(key) ?? []);
  }

  delete(keys: readonly string[]): void {
    for (const key of keys) if (this.objects.delete(key)) this.#onChange(key);
  }

  create(key: string, metadata: Metadata): string {
    const id = this.#newId();
    const createdAt = this.#core.scheduler.now;
    this.uploads.set(id, { key, metadata, parts: new Map(), createdAt });
    return id;
  }

  uploadPart(key: string, id: string, partNumber: number, bytes: Uint8Array) {
    const { parts } = this.#upload("uploadPart", key, id);
    const etag = this.#newId();
    parts.set(partNumber, { partNumber, bytes, etag });
    return { partNumber, etag };
  }

  complete(key: string, id: string, named: readonly { partNumber: number; etag: string }[]) {
    const { parts, metadata } = this.#upload("complete", key, id);
    const chosen = named.map(({ partNumber, etag }) => {
      const part = parts.get(partNumber);
      if (part?.etag === etag) return part;
      throw r2Error("complete", "invalidPart");
    });
    checkLengths(chosen);
    this.uploads.delete(id);
    const bytes = Buffer.concat(chosen.map((part) => part.bytes));
    const etag = `${hash("md5", bytes)}-${chosen.length}`;
    return this.#store({ key, bytes, etag, metadata });
  }

  abort(key: string, id: string): void {
    this.#upload("abort", key, id);
    this.uploads.delete(id);
  }

  #upload(call: string, key: string, id: string): Multipart {
    const upload = this.uploads.get(id);
    if (upload && this.#isExpired(upload)) this.uploads.delete(id);
    else if (upload?.key === key) return upload;
    throw r2Error(call, "noSuchUpload");
  }

  /** True after the time of the bucket's lifecycle rule. A rule of fewer days is a fault. */
  #isExpired({ createdAt }: Multipart): boolean {
    const { faults, scheduler } = this.#core;
    return createdAt + MULTIPART_DAYS * DAY_MS < scheduler.now || faults.occurs("uploadExpires");
  }

  #store(object: StoredObject): StoredObject {
    this.objects.set(object.key, object);
    this.#onChange(object.key);
    return object;
  }

  #newId(): string {
    return this.#core.random.fillBytes(Buffer.alloc(12)).toString("hex");
  }
}

/** Checks that all parts but the last have equal size, and that the last is not larger. */
function checkLengths(parts: readonly StoredPart[]): void {
  const [first] = parts;
  const isEqual = parts.slice(0, -1).every(({ bytes }) => bytes.length === first?.bytes.length);
  const last = parts.at(-1)?.bytes.length ?? 0;
  if (!isEqual || last > (first?.bytes.length ?? 0)) throw r2Error("complete", "unequalParts");
}

function hash(algorithm: string, bytes: Uint8Array): string {
  return createHash(algorithm).update(bytes).digest("hex");
}
