import { setTimeout as sleep } from "node:timers/promises";
import { expect, vi } from "vitest";
import { R2Disk } from "./r2-disk.ts";
import type { Trial } from "./checked-upload.ts";

/** A file whose Worker has died may wait for a minute, and its client for two. */
const PATIENCE_MS = 600_000;

/** Batches that are uploaded at the same time. Each that is done is looked at, and makes room. */
export class Trials {
  readonly #disk: R2Disk;
  readonly #begin: () => Promise<Trial>;
  #running: readonly Trial[] = [];
  /** Batches that have gone through it. */
  count = 0;

  /** @param state the server's folder of data */
  constructor(state: string, begin: () => Promise<Trial>) {
    this.#disk = new R2Disk(state);
    this.#begin = begin;
  }

  /** Looks at what is done, and sees to it that so many are running. */
  async fill(count: number): Promise<void> {
    await this.#settleDone();
    const missing = Array.from({ length: count - this.#running.length }, this.#begin);
    this.#running = [...this.#running, ...(await Promise.all(missing))];
  }

  /** What has been told completed so far must be so for ever. */
  remember(): void {
    for (const trial of this.#running) trial.remember();
  }

  async expectKept(): Promise<void> {
    for (const trial of this.#running) await trial.expectKept();
  }

  /** Resolves when all that run are done. */
  async done(): Promise<void> {
    await Promise.all(this.#running.map((trial) => trial.done));
  }

  /**
   * Waits for all, and looks at them: of their parts nothing is left in R2.
   *
   * @throws Error with what is left to do, where that takes too long
   */
  async settle(): Promise<void> {
    const late = sleep(PATIENCE_MS, "late", { ref: false });
    if ((await Promise.race([this.done(), late])) === "late")
      throw new Error(this.#running.map(({ left }) => left).join("; "));
    await this.#settleDone();
    expect(this.#running).toEqual([]);
    // One that was opened in the moment of a crash, before its batch was told, never has parts.
    const isClosed = () => this.#disk.openUploads().every(({ parts }) => parts === 0);
    await vi.waitUntil(isClosed, { timeout: 600_000, interval: 500 });
  }

  end(): void {
    for (const trial of this.#running) trial.end();
  }

  async #settleDone(): Promise<void> {
    for (const trial of this.#running.filter(({ isDone }) => isDone)) {
      await trial.expectWhole(this.#disk);
      await trial.remove();
      trial.end();
      this.count++;
      this.#running = this.#running.filter((other) => other !== trial);
    }
  }
}
