import { setTimeout as sleep } from "node:timers/promises";
import { expect, vi } from "vitest";
import { R2Disk } from "./r2-disk.ts";
import type { CheckedUpload } from "./checked-upload.ts";

/** A file whose Worker has died may wait for a minute, and its client for two. */
const TIMEOUT_MS = 600_000;

/** Batches that are uploaded at the same time. Each that is done is looked at, and makes room. */
export class CheckedUploads {
  readonly #disk: R2Disk;
  readonly #start: () => Promise<CheckedUpload>;
  #running: readonly CheckedUpload[] = [];
  /** Batches that have gone through it. */
  count = 0;

  /** @param state the server's folder of data */
  constructor(state: string, begin: () => Promise<CheckedUpload>) {
    this.#disk = new R2Disk(state);
    this.#start = begin;
  }

  /** Looks at what is done, and sees to it that so many are running. */
  async fill(count: number): Promise<void> {
    await this.#checkDone();
    const missing = Array.from({ length: count - this.#running.length }, this.#start);
    this.#running = [...this.#running, ...(await Promise.all(missing))];
  }

  /** What has been told completed so far must be so for ever. */
  recordCompleted(): void {
    for (const upload of this.#running) upload.recordCompleted();
  }

  async expectStillStored(): Promise<void> {
    for (const upload of this.#running) await upload.expectStillStored();
  }

  /** Resolves when all that run are done. */
  async done(): Promise<void> {
    await Promise.all(this.#running.map((upload) => upload.done));
  }

  /**
   * Waits for all, and looks at them: of their parts nothing is left in R2.
   *
   * @throws Error with what is left to do, where that takes too long
   */
  async finish(): Promise<void> {
    const late = sleep(TIMEOUT_MS, "late", { ref: false });
    if ((await Promise.race([this.done(), late])) === "late")
      throw new Error(this.#running.map(({ unfinished: left }) => left).join("; "));
    await this.#checkDone();
    expect(this.#running).toEqual([]);
    // One that was opened in the moment of a crash, before its batch was told, never has parts.
    const isClosed = () => this.#disk.openUploads().every(({ parts }) => parts === 0);
    await vi.waitUntil(isClosed, { timeout: 600_000, interval: 500 });
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
