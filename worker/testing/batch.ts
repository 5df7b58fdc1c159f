import { runInDurableObject } from "cloudflare:test";
import { env, exports } from "cloudflare:workers";
import type {
  BatchResource,
  BundleResponse,
  CreatedBatch,
  FilePage,
  FileResource,
  Problem,
} from "../../protocol/index.ts";
import { bearer } from "./grants.ts";
import { formBody, formRequest, type Part } from "./multipart.ts";
import { TestWatcher } from "./watcher.ts";

/** Where the Worker is, as far as its tests are concerned. */
export const ORIGIN = "https://tallyman.test";

/** A request to the whole Worker, as a client sends it. */
export function call(path: string, init: RequestInit = {}): Promise<Response> {
  return exports.default.fetch(new URL(path, ORIGIN), init);
}

/** An answer that must be a problem, as RFC 9457 writes it. */
export async function readProblem(answer: Response): Promise<Problem> {
  const type = answer.headers.get("Content-Type");
  if (type !== "application/problem+json")
    throw new Error(`${answer.status} is no problem: ${type}`);
  const problem = await answer.json<Problem>();
  if (problem.status !== answer.status) throw new Error(`${answer.status} says ${problem.status}`);
  return problem;
}

export interface TestFile {
  name: string;
  size: number;
  type?: string;
  sha256?: string;
  lastModified?: number;
}

export function testFile(size: number): TestFile {
  return { name: `${size}-bytes`, size };
}

/** One batch, and its clients' requests. */
export class TestBatch {
  readonly created: CreatedBatch;

  private constructor(created: CreatedBatch) {
    this.created = created;
  }

  /** @param files each as it is declared, or only its size */
  static async create(
    files: readonly (TestFile | number)[] = [],
    { grant, ...rest }: { sealed?: boolean; metadata?: unknown; grant?: string } = {},
  ): Promise<TestBatch> {
    const declared = files.map((file) => (typeof file === "number" ? testFile(file) : file));
    const body = JSON.stringify({ ...(files.length > 0 && { files: declared }), ...rest });
    const headers = grant === undefined ? {} : bearer(grant);
    const answer = await call("/v1/batches", { method: "POST", body, headers });
    if (answer.status !== 201) throw new Error(await answer.text());
    return new TestBatch(await answer.json<CreatedBatch>());
  }

  /** @param created as the answer to creating it said */
  static of(created: CreatedBatch): TestBatch {
    return new TestBatch(created);
  }

  get id(): string {
    return this.created.id;
  }

  /** A request below the batch's own address, with its write token. */
  call(path = "", init: RequestInit = {}): Promise<Response> {
    const headers = new Headers(init.headers);
    headers.set("Authorization", `Bearer ${this.created.tokens.write}`);
    return call(`${this.created.links.self}${path}`, { ...init, headers });
  }

  async status(): Promise<BatchResource> {
    return (await this.call()).json<BatchResource>();
  }

  /** Every file of it. */
  async files(): Promise<FileResource[]> {
    return (await (await this.call("/files")).json<FilePage>()).files;
  }

  async file(id: number): Promise<FileResource> {
    return (await this.call(`/files/${id}`)).json<FileResource>();
  }

  sendBundle(parts: readonly Part[]): Promise<Response> {
    return this.call("/bundle", formRequest(formBody(parts)));
  }

  async bundle(parts: readonly Part[]): Promise<BundleResponse> {
    return (await this.sendBundle(parts)).json<BundleResponse>();
  }

  put(id: number, body: BodyInit, headers: Record<string, string> = {}): Promise<Response> {
    return this.call(`/files/${id}`, { method: "PUT", body, headers });
  }

  /** How many sockets its object has open. */
  sockets(): Promise<number> {
    const object = env.BATCH.getByName(this.id);
    return runInDurableObject(object, (_, ctx) => ctx.getWebSockets().length);
  }

  async watch(since?: number): Promise<TestWatcher> {
    const query = since === undefined ? "" : `&since=${since}`;
    const path = `${this.created.links.live}?token=${this.created.tokens.read}${query}`;
    const { webSocket } = await call(path, { headers: { Upgrade: "websocket" } });
    if (!webSocket) throw new Error("The socket was not opened.");
    return new TestWatcher(webSocket);
  }
}
