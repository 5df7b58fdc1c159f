import {
  type FileDeclaration,
  PAGE_ROWS,
  type AccessInfo,
  type BatchList,
  type BatchResource,
  type CreatedBatch,
  type DeclaredFiles,
  type FilePage,
  type ListedBatch,
  type LocationHint,
  type Metadata,
  type NewTokens,
  type SingleFileResource,
} from "../../protocol/index.ts";
import { connectionFailed } from "../errors.ts";
import {
  isAccessInfo,
  isBatch,
  isBatchList,
  isCreatedBatch,
  isDeclaredFiles,
  isFilePage,
  isLiveToken,
  isNewTokens,
  isNothing,
  isSingleFile,
  type Guard,
} from "./guards.ts";
import { idempotencyKey, sendRequest, type ApiRequest, type IdempotencyKey } from "./request.ts";
import { anySignal } from "../transport/any-signal.ts";
import type { Reachability } from "../transport/reachability.ts";
import { CallRecovery } from "./call-recovery.ts";
import { retry, type RetryOptions } from "./retry.ts";

/**
 * Creates a batch and declares its first files.
 *
 * @param grant authorizes creating a batch, if the server requires one
 * @throws ProblemError
 */
export function createBatch(
  endpoint: string,
  grant: string | undefined,
  body: {
    files: readonly FileDeclaration[];
    metadata?: Metadata;
    location?: LocationHint;
    keepDays?: number;
  },
  options: RetryOptions,
): Promise<CreatedBatch> {
  const request: ApiRequest = {
    method: "POST",
    url: new URL("/v1/batches", endpoint),
    token: grant,
    // More files may be added while the first ones are being sent.
    body: { ...body, sealed: false },
    headers: idempotencyKey(),
  };
  return retry((attempt) => sendRequest(request, isCreatedBatch, attempt), options);
}

/**
 * Returns an owner's most recent batches, at most 100, newest first. The list contains no tokens:
 * the client that creates a batch stores them.
 *
 * @param endpoint the server's origin
 * @param grant a grant of the owner: your backend's, or `tokens.owner` of a created batch
 * @throws ProblemError, or the signal's reason
 * @example
 * for (const { id, state } of await listBatches(location.origin, grant)) console.log(id, state);
 */
export async function listBatches(
  endpoint: string,
  grant: string,
  signal: AbortSignal = new AbortController().signal,
): Promise<readonly ListedBatch[]> {
  return (await batchPage(endpoint, grant, null, signal)).batches;
}

/**
 * Returns a page of an owner's batches, newest first, as `listBatches` does.
 *
 * @param after `next` of the page before; null for the first page
 * @throws ProblemError, or the signal's reason
 * @example
 * const { batches, next } = await batchPage(location.origin, grant, null);
 */
export function batchPage(
  endpoint: string,
  grant: string,
  after: string | null,
  signal: AbortSignal = new AbortController().signal,
): Promise<BatchList> {
  const url = new URL("/v1/batches", endpoint);
  if (after !== null) url.searchParams.set("after", after);
  const request: ApiRequest = { method: "GET", url, token: grant };
  return retry(() => sendRequest(request, isBatchList, signal), { signal });
}

/**
 * Returns who can create batches, and the limits of a batch that this grant creates.
 *
 * @param endpoint the server's origin
 * @throws ProblemError `unauthorized` for a grant that is invalid or has expired, or the signal's reason
 * @example
 * const { access, limits } = await getAccessInfo(location.origin, grant);
 */
export function getAccessInfo(
  endpoint: string,
  grant?: string,
  signal: AbortSignal = new AbortController().signal,
): Promise<AccessInfo> {
  const url = new URL("/v1/limits", endpoint);
  const request: ApiRequest = { method: "GET", url, token: grant };
  return retry(() => sendRequest(request, isAccessInfo, signal), { signal });
}

/** Longest time for the response to a request for a live token: as long as a socket may take to open. */
const LIVE_TOKEN_MS = 10_000;

/** The tokens that open a batch, and how to wait for its server. */
interface ApiAccess {
  token: string;
  /** A live or read token for the live events. Without one, the server makes one when it is needed. */
  live?: string | undefined;
  /** Waits for the end of an outage. Without it, requests fail after a minute or two. */
  reachability?: Reachability;
}

/**
 * The HTTP API of one batch. Every method throws ProblemError, and retries first unless it says
 * otherwise. Methods of the API that an Uploader passes to `request` wait for the end of an outage.
 *
 * @example
 * const api = new BatchApi(location.origin, id, tokens.write, AbortSignal.timeout(60_000));
 * const { state, percentComplete } = await api.batch();
 */
export class BatchApi {
  readonly #base: URL;
  readonly #token: string;
  readonly #signal: AbortSignal;
  readonly #reachability: Reachability | undefined;
  /** Null until the server has made one. */
  #liveToken: string | null;

  /**
   * @param endpoint the server's origin
   * @param access a write token; a read token is enough for `batch`, `file` and `files`
   * @param signal aborts all requests
   */
  constructor(endpoint: string, id: string, access: string | ApiAccess, signal: AbortSignal) {
    const { token, live, reachability }: ApiAccess =
      typeof access === "string" ? { token: access } : access;
    this.#base = new URL(`/v1/batches/${encodeURIComponent(id)}/`, endpoint);
    this.#token = token;
    this.#signal = signal;
    this.#reachability = reachability;
    this.#liveToken = live ?? null;
  }

  /** URL of `POST …/bundle`. */
  get bundleUrl(): string {
    return new URL("bundle", this.#base).href;
  }

  /** URL of `PUT …/files/:file`. */
  fileUrl(id: number): string {
    return new URL(`files/${id}`, this.#base).href;
  }

  /** URL of `PUT …/files/:file/parts/:part`. Parts count from 1. */
  partUrl(id: number, part: number): string {
    return new URL(`files/${id}/parts/${part}`, this.#base).href;
  }

  /**
   * Returns the URL of the live events. It contains a token, as browsers send no headers with a
   * WebSocket; logs keep URLs, so it is one that changes nothing. Doesn't retry.
   */
  async liveUrl(since: number): Promise<string> {
    this.#liveToken ??= await this.#newLiveToken();
    const url = this.#url("live", { token: this.#liveToken, ...(since > 0 && { since }) });
    url.protocol = url.protocol.replace("http", "ws");
    return url.href;
  }

  /** Makes the next `liveUrl` ask for a new token, as this one may have ended. Readers have no other. */
  forgetLiveToken(): void {
    if (this.#liveToken !== this.#token) this.#liveToken = null;
  }

  /** The header that authorizes requests to the URLs above. */
  get authorization(): Readonly<Record<string, string>> {
    return { authorization: `Bearer ${this.#token}` };
  }

  /**
   * Declares files.
   *
   * @param firstFile the id that the first of them should get
   * @param key makes repeating the call safe: the same key declares nothing twice
   * @param signal aborts the call
   * @throws ProblemError `files_added` if `firstFile` is taken
   */
  addFiles(
    files: readonly FileDeclaration[],
    firstFile: number,
    key: IdempotencyKey = idempotencyKey(),
    signal?: AbortSignal,
  ): Promise<DeclaredFiles> {
    const call = { body: { files, firstFile }, headers: key, signal };
    return this.#request("POST", this.#url("files"), isDeclaredFiles, call);
  }

  /** Seals the batch: no more files can be declared. @param signal aborts the call */
  seal(signal?: AbortSignal): Promise<BatchResource> {
    return this.#request("PATCH", this.#url(""), isBatch, { body: { sealed: true }, signal });
  }

  /** Pauses the batch. */
  pause(): Promise<BatchResource> {
    return this.#request("POST", this.#url("pause"), isBatch);
  }

  /** Resumes the batch. */
  resume(): Promise<BatchResource> {
    return this.#request("POST", this.#url("resume"), isBatch);
  }

  /** Cancels the batch. */
  cancel(): Promise<BatchResource> {
    return this.#request("POST", this.#url("cancel"), isBatch);
  }

  /**
   * Cancels files that are not settled. The batch continues to its end.
   *
   * @param files ids, or "unfinished" for all
   * @throws ProblemError `file_not_found` for an unknown id; nothing is cancelled then
   */
  cancelFiles(files: readonly number[] | "unfinished"): Promise<BatchResource> {
    return this.#request("POST", this.#url("cancel"), isBatch, { body: { files } });
  }

  /** Deletes one file: it is cancelled, and its content is gone. */
  deleteFile(id: number): Promise<SingleFileResource> {
    return this.#request("DELETE", this.#url(`files/${id}`), isSingleFile);
  }

  /** Deletes the batch: its files and records are gone, and all of its tokens end. */
  async deleteBatch(): Promise<void> {
    await this.#request("DELETE", this.#url(""), isNothing);
  }

  /**
   * Makes tokens of the batch, and ends earlier ones. A write token makes and ends read tokens, and makes
   * live tokens.
   *
   * @param scopes the tokens to make
   * @param revoke scopes whose earlier tokens end first
   * @example
   * // Ends the batch's share links.
   * await api.makeTokens(["live"], ["read"]);
   */
  makeTokens(
    scopes: readonly ("read" | "write" | "live")[],
    revoke: readonly ("read" | "write")[] = [],
  ): Promise<NewTokens> {
    return this.#request("POST", this.#url("tokens"), isNewTokens, { body: { scopes, revoke } });
  }

  /**
   * Changes the batch's metadata.
   *
   * @param patch a JSON Merge Patch (RFC 7396): null deletes a key
   * @example
   * await api.patchMetadata({ name: "Holiday", draft: null });
   */
  patchMetadata(patch: Metadata): Promise<BatchResource> {
    return this.#request("PATCH", this.#url(""), isBatch, { body: { metadata: patch } });
  }

  /** Returns the batch. */
  batch(): Promise<BatchResource> {
    return this.#request("GET", this.#url(""), isBatch);
  }

  /**
   * Returns the batch once its rev exceeds `since`, or after `wait` seconds as it is. Doesn't retry.
   */
  nextBatch(since: number, wait: number, signal: AbortSignal): Promise<BatchResource> {
    const url = this.#url("", { since, wait });
    return sendRequest({ method: "GET", url, token: this.#token }, isBatch, signal);
  }

  /** Returns one file, with its stored parts. Doesn't retry. */
  file(id: number, signal: AbortSignal): Promise<SingleFileResource> {
    const url = this.#url(`files/${id}`);
    return sendRequest({ method: "GET", url, token: this.#token }, isSingleFile, signal);
  }

  /** Returns one file, with its stored parts and their SHA-256 digests. */
  fileWithDigests(id: number): Promise<SingleFileResource> {
    return this.#request("GET", this.#url(`files/${id}`, { digests: "true" }), isSingleFile);
  }

  /**
   * Returns a page of at most 1,000 files.
   *
   * @param after the last id of the previous page, or null for the first page
   * @param since only files that changed after this rev. With one, also 0, files that others have
   *   replaced are in the list
   * @param signal aborts the call
   */
  files(after: number | null, since?: number, signal?: AbortSignal): Promise<FilePage> {
    const from = { ...(after !== null && { after }), ...(since !== undefined && { since }) };
    const query = { limit: PAGE_ROWS, ...from };
    return this.#request("GET", this.#url("files", query), isFilePage, { signal });
  }

  /**
   * Returns the files with a name, a path, or both: at most 1,000 per page.
   *
   * @param after the last id of the previous page, or null for the first page
   */
  findFiles(
    declared: Readonly<{ name: string; path?: string } | { path: string }>,
    after: number | null = null,
  ): Promise<FilePage> {
    const query = { limit: PAGE_ROWS, ...declared, ...(after !== null && { after }) };
    return this.#request("GET", this.#url("files", query), isFilePage);
  }

  async #newLiveToken(): Promise<string> {
    const body = { scopes: ["live"] };
    const request = { method: "POST", url: this.#url("tokens"), token: this.#token, body } as const;
    // The caller asks again by then.
    const signal = anySignal([this.#signal, AbortSignal.timeout(LIVE_TOKEN_MS)]);
    try {
      return (await sendRequest(request, isLiveToken, signal)).live;
    } catch (error) {
      this.#signal.throwIfAborted();
      throw signal.aborted ? connectionFailed(error) : error;
    }
  }

  #request<Body>(
    method: ApiRequest["method"],
    url: URL,
    isExpected: Guard<Body>,
    {
      signal: own,
      ...rest
    }: Pick<ApiRequest, "body" | "headers"> & { signal?: AbortSignal | undefined } = {},
  ): Promise<Body> {
    const request = { method, url, token: this.#token, ...rest };
    const signal = own ? anySignal([own, this.#signal]) : this.#signal;
    const recovery = this.#reachability && new CallRecovery(this.#reachability, signal);
    const send = (attempt: AbortSignal) => sendRequest(request, isExpected, attempt);
    return retry(send, { signal, recovery });
  }

  #url(path: string, query: Readonly<Record<string, string | number>> = {}): URL {
    // The batch's own URL has no slash at its end.
    const url = new URL(path === "" ? this.#base.href.slice(0, -1) : path, this.#base);
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, String(value));
    return url;
  }
}
