import { toHex } from "../../protocol/index.ts";
import type { ProblemError } from "../http/problem.ts";
import type { FormPart } from "../multipart/headers.ts";
import type { PartConsumer } from "../multipart/parser.ts";
import { sha256Hex } from "./digest.ts";

interface DigestedPart<Part> {
  part: FormPart;
  inner: Part | null;
  hash: DigestStream;
  hashing: WritableStreamDefaultWriter<ArrayBuffer | ArrayBufferView>;
  size: number;
}

/**
 * Computes a digest of a form while another consumer reads it: of fields, file names, sizes and content
 * in order. The bytes of a repeated form differ, as its boundary is random.
 */
export class FormDigest<Part> implements PartConsumer<DigestedPart<Part>> {
  readonly #consumer: PartConsumer<Part>;
  readonly #parts: (readonly [
    name: string,
    filename: string | null,
    size: number,
    sha256: string,
  ])[] = [];

  constructor(consumer: PartConsumer<Part>) {
    this.#consumer = consumer;
  }

  /** Returns the digest in hex, after the form has ended. */
  hex(): Promise<string> {
    return sha256Hex(new TextEncoder().encode(JSON.stringify(this.#parts)));
  }

  async open(part: FormPart): Promise<DigestedPart<Part>> {
    const inner = await this.#consumer.open(part);
    const hash = new crypto.DigestStream("SHA-256");
    return { part, inner, hash, hashing: hash.getWriter(), size: 0 };
  }

  async write(open: DigestedPart<Part>, bytes: Uint8Array): Promise<void> {
    open.size += bytes.length;
    await open.hashing.write(bytes);
    if (open.inner !== null) await this.#consumer.write(open.inner, bytes);
  }

  async close(open: DigestedPart<Part>, problem: ProblemError | null): Promise<void> {
    const { part, inner, hash, hashing, size } = open;
    await hashing.close();
    const sha256 = toHex(new Uint8Array(await hash.digest));
    this.#parts.push([part.name, part.filename ?? null, size, sha256]);
    if (inner !== null) await this.#consumer.close(inner, problem);
  }

  settle(open: DigestedPart<Part> | null): Promise<void> {
    return this.#consumer.settle(open?.inner ?? null);
  }
}
