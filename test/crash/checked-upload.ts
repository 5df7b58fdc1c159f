import { createHash } from "node:crypto";
import { expect } from "vitest";
import { BatchApi } from "../../client/api/batch-api.ts";
import { isFrame } from "../../client/api/guards.ts";
import { parseJson } from "../../client/api/request.ts";
import { type Source, Uploader } from "../../client/index.ts";
import { ReconnectingSocket } from "../../client/live/reconnecting-socket.ts";
import type { FileResource } from "../../protocol/index.ts";
import { expectedTotals } from "../../worker/testing/tally.ts";
import type { Random } from "../simulation/random.ts";
import type { R2Disk } from "./r2-disk.ts";

/**
 * The upload of one batch through crashes or network faults, with a watcher that stays connected.
 * Nothing that the server has reported may turn out to be lost.
 */
export class CheckedUpload {
  readonly #uploader: Uploader;
  readonly #files: readonly TestFile[];
  readonly #origin: string;
  /** The rev of every frame that the watcher received, in order. */
  readonly #revs: number[] = [];
  #watcher: ReconnectingSocket | null = null;
  /** Files that were reported as completed, with their etags. */
  readonly #completed = new Map<number, string | undefined>();
  #isDone = false;
  readonly #problems: string[] = [];
  readonly done: Promise<void>;

  /**
   * Starts to upload. Resolves when the batch exists.
   *
   * @param origin of the server
   * @param endpoint of the uploader and the watcher, such as a proxy in front of the server
   */
  static async start(random: Random, origin: string, endpoint = origin): Promise<CheckedUpload> {
    const upload = new CheckedUpload(random, origin, endpoint);
    await new Promise((resolve) => upload.#uploader.on("files", resolve));
    return upload;
  }

  private constructor(random: Random, origin: string, endpoint: string) {
    this.#origin = origin;
    this.#files = makeFiles(random);
    this.#uploader = new Uploader({ endpoint });
    this.#uploader.on("files", () => this.#watch(endpoint));
    this.#uploader.on("problem", ({ code, detail }) => this.#problems.push(`${code}: ${detail}`));
    this.done = new Promise((resolve) => {
      this.#uploader.on("completed", () => {
        this.#isDone = true;
        resolve();
      });
    });
    this.#uploader.add(this.#files.map(({ source }) => source));
  }

  get isDone(): boolean {
    return this.#isDone;
  }

  /** The batch's state, its problems and its unfinished files, as text for an error message. */
  get unfinished(): string {
    const { ledger, batch, connection } = this.#uploader;
    const ids = Array.from({ length: ledger.count }, (_, id) => id);
    const open = ids.filter((id) => ledger.serverState(id) !== "completed");
    const files = open.map((id) => `${id} ${ledger.serverState(id)} ${ledger.receivedBytes(id)}`);
    return [batch?.state, connection, ...this.#problems, ...files].join(", ");
  }

  /** Records the files that the client knows as completed, for `expectStillStored`. */
  recordCompleted(): void {
    const { ledger } = this.#uploader;
    for (let id = 0; id < ledger.count; id++) {
      if (ledger.serverState(id) === "completed" && !this.#completed.has(id))
        this.#completed.set(id, undefined);
    }
  }

  /** Checks that every file reported as completed still is, with the same object in R2. */
  async expectStillStored(): Promise<void> {
    if (this.#completed.size === 0) return;
    const files = await this.#list();
    for (const [id, etag] of this.#completed) {
      expect(files[id]).toMatchObject({ state: "completed", ...(etag !== undefined && { etag }) });
      this.#completed.set(id, files[id]?.etag);
    }
  }

  /** Checks that each file is stored once with its content, the totals match, and no rev went back. */
  async expectComplete(disk: R2Disk): Promise<void> {
    this.recordCompleted();
    await this.expectStillStored();
    expect(this.#problems).toEqual([]);
    expect(this.#revs).toEqual(this.#revs.toSorted((a, b) => a - b));
    const files = await this.#list();
    const batch = await this.#api.batch();
    expect(batch).toMatchObject({ state: "completed", sealed: true, ...expectedTotals(files) });
    const expected = this.#files.map(({ source, ...file }) => [source.name, file.sha256]);
    expect(await this.#digests(files)).toEqual(expected);
    const keys = disk.keys(`${batch.id}/`).map((key) => Number(key.split("/")[1]));
    expect(keys.toSorted((a, b) => a - b)).toEqual(files.map(({ id }) => id));
  }

  /** Deletes the batch and its files from the server. */
  async remove(): Promise<void> {
    await (await this.#request("", "DELETE")).text();
  }

  stop(): void {
    this.#watcher?.close();
    this.#uploader.dispose();
  }

  #watch(endpoint: string): void {
    const { created } = this.#uploader;
    if (created === null || this.#watcher !== null) return;
    const { id, tokens } = created;
    const path = `/v1/batches/${id}/live`;
    const address = `${endpoint.replace("http", "ws")}${path}?token=${tokens.read}`;
    this.#watcher = new ReconnectingSocket({
      url: async () => `${address}&since=${this.#revs.at(-1) ?? 0}`,
      onMessage: (data) => {
        const frame = parseJson(String(data));
        if (isFrame(frame)) this.#revs.push(frame.rev);
      },
      onLost: () => undefined,
    });
  }

  async #list(): Promise<FileResource[]> {
    return (await this.#api.files(null)).files;
  }

  get #api(): BatchApi {
    const { created } = this.#uploader;
    const { signal } = new AbortController();
    return new BatchApi(this.#origin, created?.id ?? "", created?.tokens.write ?? "", signal);
  }

  /** Downloads each file. Returns names with digests. */
  async #digests(files: readonly FileResource[]): Promise<string[][]> {
    const digests: string[][] = [];
    for (const { id, name } of files) {
      const content = await this.#request(`/files/${id}/content`);
      digests.push([name, sha256(await content.bytes())]);
    }
    return digests;
  }

  /** Retries after a 503: the proxy of `wrangler dev` sometimes restarts the Worker mid-request. */
  async #request(path: string, method = "GET"): Promise<Response> {
    const { created } = this.#uploader;
    const headers = { Authorization: `Bearer ${created?.tokens.write}` };
    const url = `${this.#origin}/v1/batches/${created?.id}${path}`;
    const response = await fetch(url, { method, headers });
    return response.status === 503 ? this.#request(path, method) : response;
  }
}

/** A file to upload, and the digest that it must have afterwards. */
interface TestFile {
  source: Source;
  /** Hex. */
  sha256: string;
}

/** Sizes in bytes of files that share bundles, of a file with a request of its own, and of one in parts. */
const SMALL = { count: 40, min: 0, max: 30_000 };
const WHOLE = { count: 1, min: 4_500_000, max: 5_000_000 };
const IN_PARTS = { count: 1, min: 8_400_000, max: 9_000_000 };

function makeFiles(random: Random): TestFile[] {
  return [SMALL, WHOLE, IN_PARTS].flatMap(({ count, min, max }) =>
    Array.from({ length: count }, (_, index) => makeFile(random, random.whole(min, max), index)),
  );
}

function makeFile(random: Random, size: number, index: number): TestFile {
  // A repeated pattern, different in each file: random numbers for all bytes would take longer than
  // the upload.
  const pattern = random.fillBytes(Buffer.alloc(1021));
  const bytes = Buffer.alloc(size, pattern);
  const source = { name: `${size}-${index}`, blob: new Blob([bytes]) };
  return { source, sha256: sha256(bytes) };
}

function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
