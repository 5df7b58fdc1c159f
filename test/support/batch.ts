import * as v from "valibot";
import { expect } from "vitest";
import { BatchApi, createBatch } from "../../client/api/batch-api.ts";
import type { BatchResource, CreatedBatch, FileResource } from "../../protocol/index.ts";
import type { FileDeclaration } from "../../protocol/schemas.ts";
import { expectedTotals } from "../../worker/testing/tally.ts";

const Problem = v.object({
  status: v.number(),
  code: v.string(),
  detail: v.string(),
  requestId: v.string(),
  errors: v.optional(v.array(v.object({ index: v.number(), detail: v.string() }))),
});

/** An answer that must be a problem, as RFC 9457 writes it. */
export async function problemOf(answer: Response) {
  const type = answer.headers.get("Content-Type");
  if (type !== "application/problem+json") throw new Error(`${answer.status}: ${type}`);
  return { ...v.parse(Problem, await answer.json()), answered: answer.status };
}

/** One batch on a real server, for requests that no well-behaved client sends. */
export class RawBatch {
  readonly created: CreatedBatch;
  readonly origin: string;
  readonly #api: BatchApi;

  private constructor(origin: string, created: CreatedBatch) {
    this.origin = origin;
    this.created = created;
    const { signal } = new AbortController();
    this.#api = new BatchApi(origin, created.id, created.tokens.write, signal);
  }

  /** @param files as they are declared, or their sizes */
  static async create(
    origin: string,
    files: readonly (FileDeclaration | number)[],
  ): Promise<RawBatch> {
    const declared = files.map((file) =>
      typeof file === "number" ? { name: `${file}-bytes`, size: file } : file,
    );
    const { signal } = new AbortController();
    return new RawBatch(
      origin,
      await createBatch(origin, undefined, { files: declared }, { signal }),
    );
  }

  /** The same batch on a server that was started anew. */
  on(origin: string): RawBatch {
    return new RawBatch(origin, this.created);
  }

  /** A request below the batch's own address, with its write token unless another is told. */
  call(path: string, init: RequestInit = {}, token = this.created.tokens.write): Promise<Response> {
    const headers = new Headers(init.headers);
    if (token !== "") headers.set("Authorization", `Bearer ${token}`);
    return fetch(`${this.origin}${this.created.links.self}${path}`, { ...init, headers });
  }

  status(): Promise<BatchResource> {
    return this.#api.batch();
  }

  /** Its first thousand files. */
  async files(): Promise<FileResource[]> {
    return (await this.#api.files(null)).files;
  }

  /** Its status and first thousand files, both as of one rev. */
  async whole(): Promise<{ status: BatchResource; files: FileResource[] }> {
    const [status, { rev, files }] = [await this.status(), await this.#api.files(null)];
    return status.rev === rev ? { status, files } : this.whole();
  }

  seal(): Promise<BatchResource> {
    return this.#api.seal();
  }
}

/** What must hold whatever came in: totals are the sum of the rows. */
export async function expectTrueTally(batch: RawBatch): Promise<FileResource[]> {
  const { status, files } = await batch.whole();
  expect(status).toMatchObject(expectedTotals(files));
  return files;
}

/** Those of its first files that are stored. */
export async function storedIn(batch: BatchApi): Promise<FileResource[]> {
  const { files } = await batch.files(null);
  return files.filter(({ state }) => state === "completed");
}
