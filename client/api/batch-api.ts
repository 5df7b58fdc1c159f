import {
  PAGE_ROWS,
  type BatchResource,
  type CreatedBatch,
  type DeclaredFiles,
  type FilePage,
  type ListedBatch,
  type Metadata,
  type SingleFileResource,
} from "../../protocol/index.ts";
import type { FileDeclaration } from "../../protocol/schemas.ts";
import { idempotencyKey, sendRequest, type ApiRequest, type IdempotencyKey } from "./request.ts";
import { type OnRateLimited, retry } from "./retry.ts";
import {
  isBatch,
  isBatchList,
  isCreatedBatch,
  isDeclaredFiles,
  isFilePage,
  isSingleFile,
  type Guard,
} from "./guards.ts";

/**
 * Creates a batch and declares its first files.
 *
 * @param grant opens creating batches, where the server wants one
 * @throws ProblemError
 */
export function createBatch(
  endpoint: string,
  grant: string | undefined,
  body: { files: readonly FileDeclaration[]; metadata?: Metadata },
  { signal, onRateLimited }: { signal: AbortSignal; onRateLimited?: OnRateLimited },
): Promise<CreatedBatch> {
  const call: ApiRequest = {
    method: "POST",
    url: new URL("/v1/batches", endpoint),
    token: grant,
    // More files may be dropped on the page while the first ones travel.
    body: { ...body, sealed: false },
    headers: idempotencyKey(),
  };
  return retry(() => sendRequest(call, isCreatedBatch, signal), signal, onRateLimited);
}

/**
 * An owner's most recent batches, at most a hundred, the latest first. They are listed without
 * tokens: those are for whoever created the batch to keep.
 *
 * @param grant of the owner: the one that the operator's app made, or `tokens.owner` of a new batch
 * @throws ProblemError, or the signal's reason
 */
export async function listBatches(
  endpoint: string,
  grant: string,
  signal: AbortSignal = new AbortController().signal,
): Promise<readonly ListedBatch[]> {
  const call: ApiRequest = { method: "GET", url: new URL("/v1/batches", endpoint), token: grant };
  const list = await retry(() => sendRequest(call, isBatchList, signal), signal);
  return list.batches;
}

/** The calls of one batch. All throw ProblemError, after the tries that are worth it. */
export class BatchApi {
  readonly #base: URL;
  readonly #token: string;
  readonly #signal: AbortSignal;

  /** @param token a write token, or a read token for `batch` and `files` only */
  constructor(endpoint: string, id: string, token: string, signal: AbortSignal) {
    this.#base = new URL(`/v1/batches/${encodeURIComponent(id)}/`, endpoint);
    this.#token = token;
    this.#signal = signal;
  }

  /** Where to send a bundle. */
  get bundleUrl(): string {
    return new URL("bundle", this.#base).href;
  }

  /** Where to send one whole file. */
  fileUrl(id: number): string {
    return new URL(`files/${id}`, this.#base).href;
  }

  /** Where to send one part (1, 2, 3, …) of a file. */
  partUrl(id: number, part: number): string {
    return new URL(`files/${id}/parts/${part}`, this.#base).href;
  }

  /** Where to listen. The token is in the address: a browser sends no headers with a WebSocket. */
  liveUrl(since: number): string {
    const url = this.#url("live", { token: this.#token, ...(since > 0 && { since }) });
    url.protocol = url.protocol.replace("http", "ws");
    return url.href;
  }

  get authorization(): Readonly<Record<string, string>> {
    return { authorization: `Bearer ${this.#token}` };
  }

  /**
   * @param firstFile the id that the first of them is to get: nothing is declared where it is not free
   * @param key of this call: made again with the same one, it declares nothing more
   */
  addFiles(
    files: readonly FileDeclaration[],
    firstFile: number,
    key: IdempotencyKey = idempotencyKey(),
  ): Promise<DeclaredFiles> {
    const call = { body: { files, firstFile }, headers: key };
    return this.#call("POST", this.#url("files"), isDeclaredFiles, call);
  }

  seal(): Promise<BatchResource> {
    return this.#call("PATCH", this.#url(""), isBatch, { body: { sealed: true } });
  }

  pause(): Promise<BatchResource> {
    return this.#call("POST", this.#url("pause"), isBatch);
  }

  resume(): Promise<BatchResource> {
    return this.#call("POST", this.#url("resume"), isBatch);
  }

  cancel(): Promise<BatchResource> {
    return this.#call("POST", this.#url("cancel"), isBatch);
  }

  cancelFile(id: number): Promise<SingleFileResource> {
    return this.#call("DELETE", this.#url(`files/${id}`), isSingleFile);
  }

  batch(): Promise<BatchResource> {
    return this.#call("GET", this.#url(""), isBatch);
  }

  /** The batch as soon as it is newer than `since`, or after `wait` seconds as it is. One try. */
  nextBatch(since: number, wait: number, signal: AbortSignal): Promise<BatchResource> {
    const url = this.#url("", { since, wait });
    return sendRequest({ method: "GET", url, token: this.#token }, isBatch, signal);
  }

  /** One file, with the parts that are there. One try. */
  file(id: number, signal: AbortSignal): Promise<SingleFileResource> {
    const url = this.#url(`files/${id}`);
    return sendRequest({ method: "GET", url, token: this.#token }, isSingleFile, signal);
  }

  /** One file, with the parts that are there and their digests. */
  fileWithDigests(id: number): Promise<SingleFileResource> {
    return this.#call("GET", this.#url(`files/${id}`, { digests: "true" }), isSingleFile);
  }

  /**
   * A page of files: those after the id `after`, or from the start when null.
   *
   * @param since only files that changed after this rev
   */
  files(after: number | null, since = 0): Promise<FilePage> {
    const from = { ...(after !== null && { after }), ...(since > 0 && { since }) };
    const query = { limit: PAGE_ROWS, ...from };
    return this.#call("GET", this.#url("files", query), isFilePage);
  }

  #call<Body>(
    method: ApiRequest["method"],
    url: URL,
    isExpected: Guard<Body>,
    rest: Pick<ApiRequest, "body" | "headers"> = {},
  ): Promise<Body> {
    const call = { method, url, token: this.#token, ...rest };
    return retry(() => sendRequest(call, isExpected, this.#signal), this.#signal);
  }

  #url(path: string, query: Readonly<Record<string, string | number>> = {}): URL {
    // The batch itself has no slash at its end.
    const url = new URL(path === "" ? this.#base.href.slice(0, -1) : path, this.#base);
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, String(value));
    return url;
  }
}
