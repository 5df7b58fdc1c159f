import {
  type FileResource,
  FORM_FILES,
  PAGE_ROWS,
  type PlainUpload,
} from "../../protocol/index.ts";
import { type BatchDetails, batchLimits } from "../../durable-objects/index.ts";
import { batchFolder } from "../../storage/keys.ts";
import type { Creator } from "../auth/owner.ts";
import { type BatchClient, batchClient } from "../batches/batch-client.ts";
import { createBatch, createKeyedBatch, type RepeatedBatch } from "../batches/create.ts";
import { creationKey } from "../batches/idempotency.ts";
import { batchResource, fileResource } from "../batches/links.ts";
import { declareFiles } from "../batches/owners.ts";
import { removeBatch } from "../batches/remove.ts";
import type { AppContext } from "../context.ts";
import { ProblemError } from "../http/problem.ts";
import { type BufferedForm, consumeForm } from "../multipart/parser.ts";
import { FormDigest } from "./form-digest.ts";
import { FormFiles } from "./form-files.ts";
import { FormParts } from "./form-parts.ts";
import { Upload } from "./upload.ts";

const FORM_LIMITS = {
  parts: FORM_FILES,
  // Its body has the limit of every request.
  bytes: Infinity,
  exceeded: () =>
    new ProblemError(
      "too_large",
      `The form is too large; send at most ${FORM_FILES} files, or use a batch.`,
    ),
};

/** The response. A repeated call gets tokens for some time only. */
type FormResponse = Omit<PlainUpload, "tokens"> & Partial<Pick<PlainUpload, "tokens">>;

/**
 * Stores the files of a form in a batch of their own. The batch is created for the first file, so that a
 * form without one leaves nothing. If the form fails, the batch is removed: the client has all of the
 * form, and knows neither the batch nor its tokens.
 *
 * @throws ProblemError for a form that is invalid, has no file or too many, or exceeds a quota
 */
export async function uploadForm(
  c: AppContext,
  creator: Creator,
  form: BufferedForm,
): Promise<FormResponse> {
  const target = new FormTarget(c, creator, creationKey(c));
  const parts = new FormParts(() => target.start(form), form.memory);
  const digest = new FormDigest(parts);
  try {
    if (target.isKeyed) await consumeForm(form, FORM_LIMITS, digest);
    else await consumeForm(form, FORM_LIMITS, parts);
    const { batch, links, tokens } = await target.finish(() => digest.hex());
    const files = await allFiles(c, batchClient(c.env, batch.id, c.var.batchCalls));
    return {
      batch: batchResource(c, batch),
      ...(tokens && { tokens }),
      links,
      files,
      ignored: parts.ignored,
    };
  } catch (error) {
    await target.remove();
    throw error;
  }
}

/** The batch of one form. */
class FormTarget {
  readonly #c: AppContext;
  readonly #creator: Creator;
  readonly #key: string | null;
  #created: RepeatedBatch | null = null;
  /** Null if an earlier call with the same key has stored the files. */
  #files: FormFiles | null = null;

  constructor(c: AppContext, creator: Creator, key: string | null) {
    this.#c = c;
    this.#creator = creator;
    this.#key = key;
  }

  get isKeyed(): boolean {
    return this.#key !== null;
  }

  /** Creates the batch, or finds that of an earlier call with the same key, whose files are stored. */
  async start({ memory }: BufferedForm): Promise<FormFiles | null> {
    const { created, creator, isRepeated } = await this.#create();
    this.#created = created;
    if (isRepeated) return null;
    const { env } = this.#c;
    const { grantLimits } = creator;
    const batch = this.#client(created.id);
    const upload = new Upload(env.BUCKET, batch, "form");
    const folder = batchFolder(created.id, grantLimits?.prefix);
    const limits = batchLimits(env, grantLimits);
    const declare = declareFiles.bind(null, env, batch);
    this.#files = new FormFiles({ upload, folder, limits, declare }, memory);
    return this.#files;
  }

  /** Seals the batch. @param digest returns that of the form, for a call with a key */
  async finish(digest: () => Promise<string>): Promise<RepeatedBatch & { batch: BatchDetails }> {
    const created = this.#created;
    if (!created) throw noFiles();
    const sealed = await this.#files?.finish();
    const client = this.#client(created.id);
    const batch = this.isKeyed ? await client.finishCreation(await digest()) : sealed;
    return { ...created, batch: batch ?? (await client.status()) };
  }

  /** Removes the batch of this call, if there is one. Without this, it expires, as it is not sealed. */
  async remove(): Promise<void> {
    if (!this.#files || !this.#created) return;
    await this.#files.discard();
    const { id } = this.#created;
    await removeBatch(this.#c.env, this.#client(id)).catch((error: unknown) => {
      console.error(JSON.stringify({ batch: id, error: String(error) }));
    });
  }

  async #create() {
    const empty = { metadata: {}, files: [], sealed: false };
    const [c, creator, key] = [this.#c, this.#creator, this.#key];
    if (key !== null) return createKeyedBatch(c, creator, empty, { key, digest: null });
    return { created: await createBatch(c, creator, empty), creator, isRepeated: false };
  }

  #client(id: string): BatchClient {
    return batchClient(this.#c.env, id, this.#c.var.batchCalls);
  }
}

function noFiles(): ProblemError {
  return new ProblemError(
    "malformed_request",
    "The form has no files; send at least one part with a file name or a type.",
  );
}

async function allFiles(c: AppContext, batch: BatchClient): Promise<FileResource[]> {
  const all: FileResource[] = [];
  for (let after: number | null = -1; after !== null;) {
    const page = await batch.list({ since: null, state: null, after, limit: PAGE_ROWS });
    all.push(...page.files.map((file) => fileResource(c, batch.id, file)));
    after = page.next;
  }
  return all;
}
