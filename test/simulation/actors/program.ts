import { createHash } from "node:crypto";
import { type CreatedBatch, partLayout, usesParts } from "../../../protocol/index.ts";
import { Host } from "../time/host.ts";
import type { World } from "../world.ts";
import type { Files } from "./files.ts";

const TIMEOUT_MS = 60_000;
/** Probability that the bytes of a request do not match its digest. */
const DAMAGE_CHANCE = 0.15;

/**
 * Another client with the same write token. It sends files that the uploader sends as well: whole or
 * in parts, in any order, at the same time and more than once.
 */
export class Program {
  readonly host = new Host("program");
  readonly #world: World;
  readonly #files: Files;
  readonly #batch: CreatedBatch;

  constructor(world: World, files: Files, batch: CreatedBatch) {
    this.#world = world;
    this.#files = files;
    this.#batch = batch;
  }

  /**
   * Sends a random file.
   *
   * @param names names of the batch's files, in order of ids
   */
  sendFile(names: readonly string[]): void {
    const { random, scheduler } = this.#world;
    if (names.length === 0) return;
    const id = random.whole(0, names.length - 1);
    const bytes = this.#files.contents.get(names[id] ?? "");
    if (bytes) scheduler.after(0, this.host, `sends ${id}`, () => this.#send(id, bytes));
  }

  #send(id: number, bytes: Uint8Array<ArrayBuffer>): void {
    const { random } = this.#world;
    if (!usesParts(bytes.length) || random.chance(0.2))
      return void this.#put(`/files/${id}`, bytes);
    const { partBytes, count } = partLayout(bytes.length);
    for (let times = random.whole(1, 2 * count); times > 0; times--) {
      const part = random.whole(1, count);
      const partBody = bytes.slice((part - 1) * partBytes, part * partBytes);
      void this.#put(`/files/${id}/parts/${part}`, partBody);
    }
  }

  async #put(path: string, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    const { random } = this.#world;
    const isDamaged = bytes.length > 0 && random.chance(DAMAGE_CHANCE);
    const needsDigest = isDamaged || random.chance(0.5);
    const digest = createHash("sha256").update(bytes).digest("base64");
    const sent = isDamaged ? Uint8Array.from(bytes, (byte) => byte ^ 1) : bytes;
    const headers = {
      Authorization: `Bearer ${this.#batch.tokens.write}`,
      "Content-Length": String(sent.length),
      ...(needsDigest && { "Content-Digest": `sha-256=:${digest}:` }),
    };
    const url = `${this.#batch.links.self}${path}`;
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    await fetch(url, { method: "PUT", headers, body: sent, signal }).catch(() => undefined);
  }
}
