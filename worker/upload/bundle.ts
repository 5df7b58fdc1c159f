import {
  type BundleResult,
  fileError,
  type FileError,
  LIMITS,
  PART_HEADER_BYTES,
} from "../../protocol/index.ts";
import type { Admission, FileDetails, Reopening } from "../../durable-objects/index.ts";
import type { BatchClient } from "../batches/batch-client.ts";
import { ProblemError } from "../http/problem.ts";
import type { FormPart } from "../multipart/headers.ts";
import type { BodyReader } from "../http/request-body.ts";
import { type BufferedForm, consumeForm, type PartConsumer } from "../multipart/parser.ts";
import { GrowableBuffer } from "../streams/buffer.ts";
import { partDigest } from "./digest.ts";
import { Semaphore } from "./semaphore.ts";
import { PUT_LIMITS, type Upload } from "./upload.ts";

const BUNDLE_LIMITS = {
  parts: LIMITS.bundleFiles,
  bytes: LIMITS.bundleBytes + LIMITS.bundleFiles * PART_HEADER_BYTES,
  exceeded: bundleTooLarge,
};

function bundleTooLarge(): ProblemError {
  const { bundleFiles, bundleBytes } = LIMITS;
  const detail = `The bundle is too large; send at most ${bundleFiles} files and ${bundleBytes} bytes.`;
  return new ProblemError("bundle_too_large", detail);
}

/** The form of a bundle, which is the whole body of a request. */
export interface BundleForm extends BufferedForm {
  body: BodyReader;
}

/** Asks the owner of a completed batch, which a failed file would make active again. */
type Reopen = (reopening: Reopening) => Promise<void>;

/**
 * Stores the files of a bundle: a form whose parts are named by file ids. Each file is stored and
 * reported as soon as it is complete, and remains stored if the rest of the bundle is lost.
 *
 * @throws ProblemError for an invalid form, or if the batch accepts no files
 */
export async function uploadBundle(
  upload: Upload,
  form: BundleForm,
  reopen: Reopen,
): Promise<Bundled> {
  const bundle = new Bundle(upload, form, reopen);
  await consumeForm(form, BUNDLE_LIMITS, bundle);
  return bundle.results();
}

/** The result of each part of a bundle, in order. */
interface Bundled {
  rev: number;
  files: BundleResult<FileDetails>[];
}

/** A part that is being received. */
interface OpenPart {
  id: number | string;
  digest: string | null;
  /** The file; null if its content is not wanted. */
  file: Admission | null;
  /** The part's error, as far as known. */
  error: FileError | null;
  content: GrowableBuffer;
}

class Bundle implements PartConsumer<OpenPart> {
  readonly #upload: Upload;
  readonly #form: BundleForm;
  readonly #admissions: Admissions;
  readonly #puts = new Semaphore(PUT_LIMITS);
  readonly #seen = new Set<number | string>();
  readonly #results: { id: number | string; error: FileError | null }[] = [];
  /** The files as they are once all are reported. */
  readonly #files = new Map<number | string, FileDetails>();
  #contentBytes = 0;

  constructor(upload: Upload, form: BundleForm, reopen: Reopen) {
    this.#upload = upload;
    this.#form = form;
    this.#admissions = new Admissions(upload.batch, reopen);
  }

  async open(part: FormPart): Promise<OpenPart> {
    const id = /^\d{1,9}$/u.test(part.name) ? Number(part.name) : part.name;
    const open = { id, digest: null, file: null, error: null, content: this.#buffer(0) };
    if (typeof id === "string") return { ...open, error: unknownFile(id) };
    if (this.#seen.has(id)) return { ...open, error: repeatedFile(id) };
    this.#seen.add(id);
    const file = await this.#admissions.of(id);
    if (!file) return { ...open, error: unknownFile(id) };
    if (file.decision === "have") return open;
    if (file.decision !== "send") return { ...open, error: file.decision };
    const { digest, error } = partDigest(part);
    if (error) return { ...open, error: fileError(error.code, error.message) };
    return { ...open, file, digest, content: this.#buffer(file.size) };
  }

  write({ file, content }: OpenPart, bytes: Uint8Array): void {
    this.#contentBytes += bytes.length;
    if (this.#contentBytes > LIMITS.bundleBytes) throw bundleTooLarge();
    if (!file) return;
    content.add(bytes);
    // A file that is complete at once is reported when it is stored.
    if (content.length < file.size) this.#upload.progress(file, content.length);
  }

  async close(part: OpenPart, problem: ProblemError | null): Promise<void> {
    const { id, file, digest, error, content } = part;
    const result = { id, error };
    this.#results.push(result);
    if (!file) return;
    if (problem) {
      result.error = this.#upload.fail(file, problem);
      return content.clear();
    }
    const { bytes, release } = content.take();
    await this.#puts.run(async () => {
      try {
        result.error = await this.#upload.storeBytes(file, bytes, digest);
      } finally {
        release();
      }
    }, bytes.length);
  }

  /** Resolves once all complete files are stored and reported. */
  async settle(open: OpenPart | null): Promise<void> {
    if (open?.file) this.#upload.interrupt(open.file.id);
    open?.content.clear();
    try {
      await this.#puts.drained();
    } finally {
      await this.#readRest();
      for (const file of await this.#upload.flush(this.#mayBeStored()))
        this.#files.set(file.id, file);
    }
  }

  /**
   * Reads what follows the form, which is read before the response in any case: a slow client must not
   * get a response that is long out of date.
   */
  async #readRest(): Promise<void> {
    if (this.#form.body.hasKnownEnd) await this.#form.body.drain();
  }

  /** Files that are stored, or that R2 could not store: another request may have stored them. */
  #mayBeStored(): number[] {
    return this.#results.flatMap(({ id, error }) => {
      const isDone = error === null || error.code === "storage_failed";
      return typeof id === "number" && isDone ? [id] : [];
    });
  }

  async results(): Promise<Bundled> {
    await this.#admissions.ensureAsked();
    const files = this.#results.map(({ id, error }): BundleResult<FileDetails> => {
      const file = this.#files.get(id);
      const isStored = error?.code === "storage_failed" && file?.state === "completed";
      return file && (error === null || isStored) ? file : { id, error: error ?? unknownFile(id) };
    });
    return { rev: Math.max(this.#upload.events.rev, this.#admissions.rev), files };
  }

  #buffer(expected: number): GrowableBuffer {
    return new GrowableBuffer(this.#form.memory, { expected });
  }
}

/**
 * The batch's decisions on the files of a bundle. A bundle's files have neighbouring ids, so each call
 * asks for a hundred of them: a bundle takes one call, or two if its ids span two hundreds.
 */
class Admissions {
  readonly #batch: BatchClient;
  readonly #known = new Map<number, Admission>();
  /** The first ids of the hundreds that were requested. */
  readonly #requested = new Set<number>();
  readonly #reopen: Reopen;
  #isReopened = false;
  #rev = 0;

  constructor(batch: BatchClient, reopen: Reopen) {
    this.#batch = batch;
    this.#reopen = reopen;
  }

  /** The batch's rev after the last call. */
  get rev(): number {
    return this.#rev;
  }

  /**
   * Returns the decision on a file; undefined if the batch has no such file.
   *
   * @throws ProblemError if the batch is paused, cancelled or unknown, or must not become active again
   */
  async of(id: number): Promise<Admission | undefined> {
    const first = id - (id % LIMITS.bundleFiles);
    if (!this.#requested.has(first)) {
      this.#requested.add(first);
      const { rev, files } = await this.#batch.admit(first, LIMITS.bundleFiles);
      this.#rev = rev;
      for (const file of files) this.#known.set(file.id, file);
    }
    const file = this.#known.get(id);
    if (file?.reopening && !this.#isReopened) await this.#reopen(file.reopening);
    this.#isReopened ||= file?.reopening !== undefined;
    return file;
  }

  /**
   * Asks for the first files unless others were asked for: the response has the batch's rev, and a token
   * that was revoked must be refused although no part is named by an id.
   */
  async ensureAsked(): Promise<void> {
    if (this.#requested.size === 0) await this.of(0);
  }
}

function unknownFile(id: number | string): FileError {
  const name = JSON.stringify(id);
  return fileError(
    "file_not_found",
    `The part name ${name} is not the id of a declared file; name each part by its file's id.`,
  );
}

function repeatedFile(id: number): FileError {
  return fileError("malformed_request", `File ${id} is in this bundle twice; send each file once.`);
}
