import { expect } from "vitest";
import { BatchApi } from "../../client/api/batch-api.ts";
import {
  type ClientProblem,
  type Outage,
  Uploader,
  type UploaderOptions,
} from "../../client/index.ts";
import type { FileResource, Summary } from "../../protocol/index.ts";

/** An upload, and everything that its uploader reports. */
export class ObservedUpload {
  readonly uploader: Uploader;
  readonly problems: ClientProblem[] = [];
  readonly outages: (Outage | null)[] = [];
  /** Numbers of failed files, each time that nothing more was going to be sent. */
  readonly idles: number[] = [];
  readonly completed: Promise<Summary>;
  readonly #origin: string;

  /** @param origin address of the server itself */
  constructor(origin: string, options: UploaderOptions) {
    this.#origin = origin;
    this.uploader = new Uploader(options);
    this.uploader.on("problem", (problem) => this.problems.push(problem));
    this.uploader.on("outage", (outage) => this.outages.push(outage));
    this.uploader.on("idle", ({ failed }) => this.idles.push(failed));
    this.completed = new Promise((resolve) => this.uploader.on("completed", resolve));
  }

  /** Codes by name of the files that failed. */
  get failures(): Record<string, string | null> {
    const { ledger } = this.uploader;
    const ids = Array.from({ length: ledger.count }, (_, id) => id);
    const failed = ids.filter((id) => ledger.state(id) === "failed");
    return Object.fromEntries(failed.map((id) => [ledger.name(id), ledger.errorCode(id)]));
  }

  /** Resolves when nothing more will be sent. */
  async ended(): Promise<void> {
    const before = this.idles.length;
    await expect.poll(() => this.idles.length).toBeGreaterThan(before);
  }

  /** Resolves when the client knows that this many files are stored. */
  async stored(files: number): Promise<void> {
    const { ledger } = this.uploader;
    await expect.poll(() => ledger.totals.completed).toBeGreaterThanOrEqual(files);
  }

  /** Checks that the batch completes, with all files stored, and without any problem. */
  async expectAllStored(): Promise<void> {
    const { files, completed } = await this.completed;
    expect(this.failures).toEqual({});
    expect(completed).toBe(files);
    expect(this.problems).toEqual([]);
    expect(this.idles.at(-1)).toBe(0);
    await this.expectStored(files);
  }

  /** Checks that the server itself has stored this many of the batch's files. */
  async expectStored(files: number): Promise<void> {
    const stored = (await this.files()).filter(({ state }) => state === "completed");
    expect(stored).toHaveLength(files);
  }

  /** Returns the batch's first 1,000 files as the server has them. */
  async files(): Promise<FileResource[]> {
    const { id = "", tokens } = this.uploader.resumableBatch ?? {};
    const { signal } = new AbortController();
    return (await new BatchApi(this.#origin, id, tokens?.write ?? "", signal).files(null)).files;
  }
}
