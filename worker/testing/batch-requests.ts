import type {
  BatchResource,
  BundleResponse,
  CreatedBatch,
  FilePage,
  FileResource,
  Problem,
} from "../../protocol/index.ts";
import { formBody, formRequest, type Part } from "./multipart.ts";

/** Sends one request to the Worker under test, which runs in this isolate or behind HTTP. */
export type Send = (path: string, init?: RequestInit) => Promise<Response>;

/** Options for creating a batch, besides its files. */
export interface BatchOptions {
  sealed?: boolean;
  metadata?: unknown;
  /** Sent as the bearer token; without one the batch gets a new anonymous owner. */
  grant?: string;
}

/**
 * Creates a batch.
 *
 * @param files declarations, or sizes in bytes
 * @throws Error with the response's text if the status is not 201
 */
export async function createBatch(
  send: Send,
  files: readonly (TestFile | number)[],
  { grant, ...rest }: BatchOptions = {},
): Promise<CreatedBatch> {
  const declared = files.map((file) => (typeof file === "number" ? testFile(file) : file));
  const body = JSON.stringify({ ...(files.length > 0 && { files: declared }), ...rest });
  const headers = new Headers(grant === undefined ? {} : { Authorization: `Bearer ${grant}` });
  return jsonOf(await send("/v1/batches", { method: "POST", body, headers }));
}

/** A file as a test declares it. */
export interface TestFile {
  name: string;
  size: number;
  type?: string;
  path?: string;
  sha256?: string;
  lastModified?: number;
}

export function testFile(size: number): TestFile {
  return { name: `${size}-bytes`, size };
}

/** The requests that clients send about one batch. The subclass decides how they are sent. */
export class BatchRequests {
  readonly created: CreatedBatch;
  readonly #send: Send;

  constructor(created: CreatedBatch, send: Send) {
    this.created = created;
    this.#send = send;
  }

  get id(): string {
    return this.created.id;
  }

  /** The batch's path, for a server that may have another origin than the one that created it. */
  get path(): string {
    return `/v1/batches/${this.id}`;
  }

  /** Sends a request to a path below the batch's own. An empty token sends no `Authorization`. */
  call(path = "", init: RequestInit = {}, token = this.created.tokens.write): Promise<Response> {
    const headers = new Headers(init.headers);
    if (token !== "") headers.set("Authorization", `Bearer ${token}`);
    return this.#send(`${this.path}${path}`, { ...init, headers });
  }

  async status(): Promise<BatchResource> {
    return jsonOf(await this.call());
  }

  /** Returns the batch as a read token and frames show it. */
  async readerStatus(): Promise<BatchResource> {
    return jsonOf(await this.call("", {}, this.created.tokens.read));
  }

  /** Returns the first page of files: 1,000 at most. */
  async filePage(): Promise<FilePage> {
    return jsonOf(await this.call("/files"));
  }

  /** Returns the first 1,000 files. */
  async files(): Promise<FileResource[]> {
    return (await this.filePage()).files;
  }

  async file(id: number): Promise<FileResource> {
    return jsonOf(await this.call(`/files/${id}`));
  }

  async seal(): Promise<BatchResource> {
    return jsonOf(await this.call("", { method: "PATCH", body: '{"sealed":true}' }));
  }

  sendBundle(parts: readonly Part[]): Promise<Response> {
    return this.call("/bundle", formRequest(formBody(parts)));
  }

  async bundle(parts: readonly Part[]): Promise<BundleResponse> {
    return jsonOf(await this.sendBundle(parts));
  }

  put(id: number, body: BodyInit, headers: Record<string, string> = {}): Promise<Response> {
    return this.call(`/files/${id}`, { method: "PUT", body, headers });
  }
}

/**
 * Returns the problem that a response carries.
 *
 * @throws Error if the response is not `application/problem+json`, or names another status
 */
export async function readProblem(response: Response): Promise<Problem> {
  const type = response.headers.get("Content-Type");
  if (type !== "application/problem+json")
    throw new Error(`The ${response.status} response is not a problem: ${type}`);
  const problem: Problem = await response.json();
  if (problem.status !== response.status)
    throw new Error(`The ${response.status} response says ${problem.status}`);
  return problem;
}

async function jsonOf<Body>(response: Response): Promise<Body> {
  if (!response.ok) throw new Error(`${response.status}: ${await response.text()}`);
  return response.json();
}
