import {
  type BundleResponse,
  type BundleResult,
  fileError,
  type FileError,
  LIMITS,
  PART_HEADER_BYTES,
} from "../../protocol/index.ts";
import type { Admission } from "../../durable-objects/index.ts";
import { ProblemError } from "../http/problem.ts";
import { Admissions } from "./admissions.ts";
import { parseContentDigest } from "./digest.ts";
import { type FormEvent, type IncomingForm, parseForm } from "../multipart/parser.ts";
import type { FormPart } from "../multipart/headers.ts";
import { GrowableBuffer } from "../streams/buffer.ts";
import { reportProgress, type UploadContext, storeBytes } from "./upload.ts";
import { Semaphore } from "./semaphore.ts";

/** `put`s at a time: a Worker has six connections, and more would only wait in memory. */
const PUTS_AT_A_TIME = 6;

/** Bytes of a whole bundle, framing included. */
const BUNDLE_BODY_BYTES = LIMITS.bundleBytes + LIMITS.bundleFiles * PART_HEADER_BYTES;

function bundleTooLarge(): ProblemError {
  const { bundleFiles, bundleBytes } = LIMITS;
  const detail = `Send at most ${bundleFiles} files and ${bundleBytes} bytes in one bundle.`;
  return new ProblemError("bundle_too_large", detail);
}

const FORM_LIMITS = {
  parts: LIMITS.bundleFiles,
  bytes: BUNDLE_BODY_BYTES,
  exceeded: bundleTooLarge,
};

/**
 * Takes in a bundle: a form whose parts are named by file ids. Each file is stored and tallied on
 * its own as soon as it is here; what has come stays, whatever becomes of the rest.
 *
 * @throws ProblemError where the form itself, or the whole batch, cannot go on
 */
export async function receiveBundle(
  intake: UploadContext,
  form: IncomingForm,
): Promise<BundleResponse> {
  if ((form.length ?? 0) > BUNDLE_BODY_BYTES) throw bundleTooLarge();
  const bundle = new Bundle(intake, new Admissions(intake.batch));
  try {
    for await (const event of parseForm(form, FORM_LIMITS)) await bundle.take(event);
  } finally {
    await bundle.settle();
  }
  return bundle.receipt();
}

/** The part that is arriving. */
interface OpenPart {
  id: number | string;
  digest: string | null;
  /** The file, where its bytes are wanted; else what to answer. */
  file: Admission | null;
  result: FileError | null;
  bytes: GrowableBuffer;
}

class Bundle {
  readonly #intake: UploadContext;
  readonly #admissions: Admissions;
  readonly #slots = new Semaphore(PUTS_AT_A_TIME);
  readonly #seen = new Set<number | string>();
  readonly #results: { id: number | string; error: FileError | null }[] = [];
  #contentBytes = 0;
  #expectedBytes = 0;
  #open: OpenPart | null = null;

  constructor(intake: UploadContext, admissions: Admissions) {
    this.#intake = intake;
    this.#admissions = admissions;
  }

  async take(event: FormEvent): Promise<void> {
    switch (event.event) {
      case "part":
        this.#open = await this.#openPart(event.part);
        break;
      case "bytes":
        this.#takeBytes(event.bytes);
        break;
      case "end":
        await this.#closePart();
        break;
    }
  }

  /** Waits until all that has arrived is stored and in the tally. */
  async settle(): Promise<void> {
    const { upload, reporter } = this.#intake;
    const file = this.#open?.file;
    if (file) reporter.add({ event: "interrupted", file: file.id, upload });
    try {
      await this.#slots.drained();
    } finally {
      await reporter.flush();
    }
  }

  receipt(): BundleResponse {
    const { reporter } = this.#intake;
    const files = this.#results.map(({ id, error }): BundleResult => {
      const row = typeof id === "number" ? this.#rowOf(id) : undefined;
      return row && !error ? row : { id, error: error ?? unknownFile(id) };
    });
    return { rev: Math.max(reporter.rev, this.#admissions.rev), files };
  }

  #rowOf(id: number) {
    return this.#intake.reporter.row(id) ?? this.#admissions.known(id)?.row;
  }

  async #openPart(part: FormPart): Promise<OpenPart> {
    const id = /^\d{1,9}$/u.test(part.name) ? Number(part.name) : part.name;
    const open = { id, digest: null, file: null, result: null, bytes: new GrowableBuffer() };
    if (typeof id === "string") return { ...open, result: unknownFile(id) };
    if (this.#seen.has(id)) return { ...open, result: sentTwice(id) };
    this.#seen.add(id);
    const file = await this.#admissions.of(id);
    if (!file) return { ...open, result: unknownFile(id) };
    if (file.decision === "have") return open;
    if (file.decision !== "send") return { ...open, result: file.decision };
    const { digest, problem } = digestOf(part);
    if (problem) return { ...open, result: problem };
    return { ...open, file, digest, bytes: new GrowableBuffer(this.#expect(file.size)) };
  }

  /**
   * Bytes to make room for: all of the file, as far as the whole bundle may have so many. Sizes are
   * what somebody declared, and a hundred parts of one byte each may name a hundred large files.
   */
  #expect(size: number): number {
    if (this.#expectedBytes + size > LIMITS.bundleBytes) return 0;
    this.#expectedBytes += size;
    return size;
  }

  #takeBytes(bytes: Uint8Array): void {
    this.#contentBytes += bytes.length;
    if (this.#contentBytes > LIMITS.bundleBytes) throw bundleTooLarge();
    const { file, bytes: collected } = this.#open ?? {};
    if (!file || !collected) return;
    collected.add(bytes);
    // Of a file that is here at once there is nothing to say until it is stored.
    if (collected.length < file.size) reportProgress(this.#intake, file, collected.length);
  }

  async #closePart(): Promise<void> {
    const open = this.#open;
    this.#open = null;
    if (!open) return;
    const result = { id: open.id, error: open.result };
    this.#results.push(result);
    const { file, digest, bytes } = open;
    if (!file) return;
    await this.#slots.run(async () => {
      result.error = await storeBytes(this.#intake, file, bytes.take(), digest);
    });
  }
}

/** A digest that cannot be read fails its part only, as one that does not match. */
function digestOf(part: FormPart): { digest: string | null; problem: FileError | null } {
  try {
    return {
      digest: parseContentDigest(part.headers.get("content-digest") ?? null),
      problem: null,
    };
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error;
    return { digest: null, problem: fileError(error.code, error.message) };
  }
}

function unknownFile(id: number | string): FileError {
  const name = JSON.stringify(id);
  return fileError(
    "file_not_found",
    `Name each part by the id of a declared file: ${name} is none.`,
  );
}

function sentTwice(id: number): FileError {
  return fileError(
    "malformed_request",
    `Send each file once: ${id} stands in this bundle already.`,
  );
}
