import { expect } from "vitest";
import { BatchApi } from "../../client/api/batch-api.ts";
import { parseJson } from "../../client/api/request.ts";
import { ReconnectingSocket } from "../../client/live/reconnecting-socket.ts";
import { Uploader } from "../../client/index.ts";
import { isFrame } from "../../client/api/guards.ts";
import type { FileResource } from "../../protocol/index.ts";
import { expectedTotals } from "../../worker/testing/tally.ts";
import type { Random } from "../simulation/random.ts";
import { contentsOf, sha256 } from "./contents.ts";
import type { R2Disk } from "./r2-disk.ts";

/** One batch that is uploaded through trouble, watched all the time, and held to what it has said. */
export class CheckedUpload {
  readonly #uploader: Uploader;
  readonly #contents;
  readonly #origin: string;
  /** The rev of every frame, in the order in which a watcher who stayed has been told. */
  readonly #revs: number[] = [];
  #watcher: ReconnectingSocket | null = null;
  /** Files that were told completed at some time, with their etags. */
  readonly #completed = new Map<number, string | undefined>();
  #isDone = false;
  readonly #problems: string[] = [];
  readonly done: Promise<void>;

  /**
   * Begins to upload; resolves when the batch exists.
   *
   * @param origin where the server is
   * @param through where the uploader and the watcher think that it is
   */
  static async start(random: Random, origin: string, through = origin): Promise<CheckedUpload> {
    const upload = new CheckedUpload(random, origin, through);
    await new Promise((resolve) => upload.#uploader.on("files", resolve));
    return upload;
  }

  private constructor(random: Random, origin: string, through: string) {
    this.#origin = origin;
    this.#contents = contentsOf(random);
    this.#uploader = new Uploader({ endpoint: through });
    this.#uploader.on("files", () => this.#watch(through));
    this.#uploader.on("problem", ({ code, detail }) => this.#problems.push(`${code}: ${detail}`));
    this.done = new Promise((resolve) => {
      this.#uploader.on("completed", () => {
        this.#isDone = true;
        resolve();
      });
    });
    this.#uploader.add(this.#contents.map(({ source }) => source));
  }

  get isDone(): boolean {
    return this.#isDone;
  }

  /** What is still to be done, for whoever waits in vain: the batch's state, and its unfinished files. */
  get unfinished(): string {
    const { ledger, batch, connection } = this.#uploader;
    const ids = Array.from({ length: ledger.count }, (_, id) => id);
    const open = ids.filter((id) => ledger.serverState(id) !== "completed");
    const files = open.map((id) => `${id} ${ledger.serverState(id)} ${ledger.receivedBytes(id)}`);
    return [batch?.state, connection, ...this.#problems, ...files].join(", ");
  }

  /** What has been told completed so far must be so for ever. */
  recordCompleted(): void {
    const { ledger } = this.#uploader;
    for (let id = 0; id < ledger.count; id++) {
      if (ledger.serverState(id) === "completed" && !this.#completed.has(id))
        this.#completed.set(id, undefined);
    }
  }

  /** Everything that was told completed is so, and is still the same object. */
  async expectStillStored(): Promise<void> {
    if (this.#completed.size === 0) return;
    const files = await this.#files();
    for (const [id, etag] of this.#completed) {
      expect(files[id]).toMatchObject({ state: "completed", ...(etag !== undefined && { etag }) });
      this.#completed.set(id, files[id]?.etag);
    }
  }

  /** Every file is there once, with its content, the tally is true, and rev never went back. */
  async expectComplete(disk: R2Disk): Promise<void> {
    this.recordCompleted();
    await this.expectStillStored();
    expect(this.#problems).toEqual([]);
    expect(this.#revs).toEqual(this.#revs.toSorted((a, b) => a - b));
    const files = await this.#files();
    const batch = await this.#api.batch();
    expect(batch).toMatchObject({ state: "completed", sealed: true, ...expectedTotals(files) });
    const wanted = this.#contents.map(({ source, ...known }) => [source.name, known.sha256]);
    expect(await this.#digests(files)).toEqual(wanted);
    const keys = disk.keys(`${batch.id}/`).map((key) => Number(key.split("/")[1]));
    expect(keys.toSorted((a, b) => a - b)).toEqual(files.map(({ id }) => id));
  }

  /** Has the server forget the batch and its files. */
  async remove(): Promise<void> {
    await (await this.#request("", "DELETE")).text();
  }

  stop(): void {
    this.#watcher?.close();
    this.#uploader.dispose();
  }

  #watch(through: string): void {
    const { created } = this.#uploader;
    if (created === null || this.#watcher !== null) return;
    const { links, tokens } = created;
    const address = `${through.replace("http", "ws")}${links.live}?token=${tokens.read}`;
    this.#watcher = new ReconnectingSocket({
      url: () => `${address}&since=${this.#revs.at(-1) ?? 0}`,
      onMessage: (data) => {
        const frame = parseJson(String(data));
        if (isFrame(frame)) this.#revs.push(frame.rev);
      },
      onLost: () => undefined,
    });
  }

  async #files(): Promise<FileResource[]> {
    return (await this.#api.files(null)).files;
  }

  get #api(): BatchApi {
    const { created } = this.#uploader;
    const { signal } = new AbortController();
    return new BatchApi(this.#origin, created?.id ?? "", created?.tokens.write ?? "", signal);
  }

  /** The digest of each file's content as the server gives it back, by name. */
  async #digests(files: readonly FileResource[]): Promise<string[][]> {
    const digests: string[][] = [];
    for (const { id, name } of files) {
      const content = await this.#request(`/files/${id}/content`);
      digests.push([name, sha256(await content.bytes())]);
    }
    return digests;
  }

  /** A proxy in front of the Worker now and then has it restart in the middle of a request. */
  async #request(path: string, method = "GET"): Promise<Response> {
    const { created } = this.#uploader;
    const headers = { Authorization: `Bearer ${created?.tokens.write}` };
    const answer = await fetch(`${this.#origin}${created?.links.self}${path}`, { method, headers });
    return answer.status === 503 ? this.#request(path, method) : answer;
  }
}
