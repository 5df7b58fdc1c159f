import { isDeepStrictEqual } from "node:util";
import { isBatch, isFilePage, isFrame } from "../../../client/api/guards.ts";
import { rowOf } from "../../../client/ledger.ts";
import type { CreatedBatch, Row } from "../../../protocol/index.ts";
import type { DurableState } from "../checks/history.ts";

/** A program that reads a batch once by each way that needs no socket: polls, a long poll, and events. */
export class Reader {
  readonly #batch: CreatedBatch;

  constructor(batch: CreatedBatch) {
    this.#batch = batch;
  }

  /** Returns which way differs from the state of a batch that is over, or null. */
  async problem(expected: DurableState): Promise<string | null> {
    const { rows, replaced } = expected;
    const listed = rows.filter(([id]) => !replaced.has(id));
    const ways = {
      "the list": isDeepStrictEqual(await this.#listed(), listed),
      "a poll": this.#hasTotals(await this.#json(""), expected),
      "a long poll": this.#hasTotals(await this.#json("?since=0&wait=1"), expected),
      "the event stream": isDeepStrictEqual(await this.#streamed(), rows),
    };
    const [wrong] = Object.entries(ways).find(([, isRight]) => !isRight) ?? [];
    return wrong === undefined ? null : `${wrong} shows another state than the batch has`;
  }

  async #listed(): Promise<Row[]> {
    const page = await this.#json("/files?limit=1000");
    return isFilePage(page) ? page.files.map(rowOf) : [];
  }

  #hasTotals(body: unknown, { totals, state }: DurableState): boolean {
    return isBatch(body) && body.state === state && isDeepStrictEqual(body.totals, totals);
  }

  /** Returns the rows of all frames, each file's latest, in order of ids. */
  async #streamed(): Promise<Row[]> {
    const rows = new Map<number, Row>();
    for (const line of (await this.#text("/events")).split("\n")) {
      const frame: unknown = line.startsWith("data: {") ? JSON.parse(line.slice(6)) : null;
      if (!isFrame(frame) || !("files" in frame)) continue;
      for (const row of frame.files) rows.set(row[0], row);
    }
    return [...rows.values()].toSorted(([one], [other]) => one - other);
  }

  async #json(path: string): Promise<unknown> {
    return JSON.parse(await this.#text(path));
  }

  async #text(path: string): Promise<string> {
    const { links, tokens } = this.#batch;
    const headers = { Authorization: `Bearer ${tokens.read}` };
    return (await fetch(`${links.self}${path}`, { headers })).text();
  }
}
