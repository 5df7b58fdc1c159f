import { rowOf } from "../../../client/ledger.ts";
import { isBatch, isFile, isFilePage, isFrame, isReceipt } from "../../../client/api/guards.ts";
import type { BundleResponse, Row } from "../../../protocol/index.ts";
import type { Answer } from "../platform/edge.ts";
import { Hearing } from "./frame-sequence.ts";
import type { SimulatedObject } from "../platform/object.ts";
import type { Bucket } from "../platform/r2.ts";
import { type Digests, Witness } from "./batch-invariants.ts";
import type { Observer } from "../world.ts";

/** Listens to all that is stored and said in a life, and holds everyone to it. */
export class Invariants implements Observer {
  readonly witnesses = new Map<string, Witness>();
  readonly #hearings = new Map<string, Hearing>();
  readonly #bucket: () => Bucket;
  readonly #digests: Digests;
  #failure: string | null = null;

  constructor(bucket: () => Bucket, digests: Digests) {
    this.#bucket = bucket;
    this.#digests = digests;
  }

  /** The first promise that was broken, or null. */
  get failure(): string | null {
    return this.#failure;
  }

  readonly fail = (why: string): void => {
    this.#failure ??= why;
  };

  threw(what: string): void {
    this.fail(what);
  }

  commit({ id, disk }: SimulatedObject): void {
    this.#witness(id).durable(disk);
  }

  stored(key: string): void {
    const [batch = "", file] = key.split("/");
    this.#witness(batch).stored(Number(file));
  }

  /** A request to delete a batch is on its way: its files may go. */
  doom(batch: string): void {
    this.#witness(batch).isDoomed = true;
  }

  answer(url: string, { status, text }: Answer): void {
    const witness = this.#witnessOf(url);
    if (!witness || status >= 300 || text === "") return;
    const body: unknown = JSON.parse(text);
    if (isBatch(body)) witness.said(body);
    else if (isReceipt(body)) witness.saidRows(rowsOf(body), null);
    else if (isFilePage(body)) witness.saidRows(body.files.map(rowOf), body.rev);
    else if (isFile(body)) witness.saidRows([rowOf(body)], null);
  }

  frame(url: string, socket: string, text: string): void {
    const witness = this.#witnessOf(url);
    const frame: unknown = text.startsWith("{") ? JSON.parse(text) : null;
    if (!witness || !isFrame(frame)) return;
    const problem = this.#hearing(socket).hear(frame);
    if (problem !== null) this.fail(`${socket}: ${problem}`);
    if ("files" in frame) witness.saidRows(frame.files, frame.rev);
    if ("batch" in frame) witness.said(frame.batch);
    if ("totals" in frame) witness.said(frame);
  }

  #hearing(socket: string): Hearing {
    const hearing = this.#hearings.get(socket) ?? new Hearing();
    this.#hearings.set(socket, hearing);
    return hearing;
  }

  #witnessOf(url: string): Witness | null {
    const batch = /\/v1\/batches\/([0-9a-f]{32})/u.exec(url)?.[1];
    return batch === undefined ? null : this.#witness(batch);
  }

  #witness(batch: string): Witness {
    const known = this.witnesses.get(batch);
    if (known) return known;
    const witness = new Witness(batch, this.#bucket(), this.#digests, this.fail);
    this.witnesses.set(batch, witness);
    return witness;
  }
}

function rowsOf({ files }: BundleResponse): Row[] {
  return files.flatMap((result) => (Array.isArray(result) ? [result] : []));
}
