import { setTimeout as sleep } from "node:timers/promises";
import { expect, vi } from "vitest";
import type { CheckedUpload } from "./checked-upload.ts";
import { R2Disk } from "./r2-disk.ts";

/** A file may wait 1 minute after its Worker died, and its client 2 minutes. */
const TIMEOUT_MS = 600_000;

/** Several uploads at a time. Each that completes is checked, removed, and replaced by a new one. */
export class CheckedUploads {
  readonly #disk: R2Disk;
  readonly #start: () => Promise<CheckedUpload>;
  #running: readonly CheckedUpload[] = [];
  /** Uploads that have completed and were checked. */
  count = 0;

  /** @param state the server's data folder */
  constructor(state: string, start: () => Promise<CheckedUpload>) {
    this.#disk = new R2Disk(state);
    this.#start = start;
  }

  /** Checks the completed uploads and starts new ones until `count` are running. */
  async fill(count: number): Promise<void> {
    await this.#checkDone();
    const missing = Array.from({ length: count - this.#running.length }, this.#start);
    this.#running = [...this.#running, ...(await Promise.all(missing))];
  }

  /** Records the files that are known as completed, for `expectStillStored`. */
  recordCompleted(): void {
    for (const upload of this.#running) upload.recordCompleted();
  }

  async expectStillStored(): Promise<void> {
    for (const upload of this.#running) await upload.expectStillStored();
  }

  /** Resolves when all running uploads are done. */
  async done(): Promise<void> {
    await Promise.all(this.#running.map((upload) => upload.done));
  }

  /**
   * Waits for all uploads and checks them. No parts may be left in R2.
   *
   * @throws Error with the unfinished files after `TIMEOUT_MS`
   */
  async finish(): Promise<void> {
    const late = sleep(TIMEOUT_MS, "late", { ref: false });
    if ((await Promise.race([this.done(), late])) === "late")
      throw new Error(this.#running.map(({ unfinished }) => unfinished).join("; "));
    await this.#checkDone();
    expect(this.#running).toEqual([]);
    // A crash between the creation of a multipart upload and its report to the batch leaves one
    // without parts: R2's lifecycle rule deletes it.
    const haveNoParts = () => this.#disk.openUploads().every(({ parts }) => parts === 0);
    await vi.waitUntil(haveNoParts, { timeout: 600_000, interval: 500 });
  }

  stop(): void {
    for (const upload of this.#running) upload.stop();
  }

  async #checkDone(): Promise<void> {
    for (const upload of this.#running.filter(({ isDone }) => isDone)) {
      await upload.expectComplete(this.#disk);
      await upload.remove();
      upload.stop();
      this.count++;
      this.#running = this.#running.filter((other) => other !== upload);
    }
  }
}
