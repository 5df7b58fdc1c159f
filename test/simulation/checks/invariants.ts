import { rowOf } from "../../../client/ledger.ts";
import {
  isBatch,
  isFile,
  isFilePage,
  isFrame,
  isBundleResponse,
} from "../../../client/api/guards.ts";
import type { BundleResponse, Row } from "../../../protocol/index.ts";
import type { WorkerResponse } from "../platform/edge.ts";
import { FrameSequence } from "./frame-sequence.ts";
import type { SimulatedObject } from "../platform/object.ts";
import type { Bucket } from "../platform/r2.ts";
import { type Digests, BatchInvariants } from "./batch-invariants.ts";
import type { Observer } from "../world.ts";

/** Listens to all that is stored and said in a life, and holds everyone to it. */
export class Invariants implements Observer {
  readonly batches = new Map<string, BatchInvariants>();
  readonly #frames = new Map<string, FrameSequence>();
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

  onUncaught(what: string): void {
    this.fail(what);
  }

  onCommit({ id, disk }: SimulatedObject): void {
    this.#batch(id).onCommit(disk);
  }

  onObjectChange(key: string): void {
    const [batch = "", file] = key.split("/");
    this.#batch(batch).onObjectChange(Number(file));
  }

  /** A request to delete a batch is on its way: its files may go. */
  expectDeletion(batch: string): void {
    this.#batch(batch).isDeletionRequested = true;
  }

  onResponse(url: string, { status, text }: WorkerResponse): void {
    const witness = this.#batchOf(url);
    if (!witness || status >= 300 || text === "") return;
    const body: unknown = JSON.parse(text);
    if (isBatch(body)) witness.checkTotals(body);
    else if (isBundleResponse(body)) witness.checkRows(rowsOf(body), null);
    else if (isFilePage(body)) witness.checkRows(body.files.map(rowOf), body.rev);
    else if (isFile(body)) witness.checkRows([rowOf(body)], null);
  }

  onFrame(url: string, socket: string, text: string): void {
    const witness = this.#batchOf(url);
    const frame: unknown = text.startsWith("{") ? JSON.parse(text) : null;
    if (!witness || !isFrame(frame)) return;
    const problem = this.#framesOf(socket).add(frame);
    if (problem !== null) this.fail(`${socket}: ${problem}`);
    if ("files" in frame) witness.checkRows(frame.files, frame.rev);
    if ("batch" in frame) witness.checkTotals(frame.batch);
    if ("totals" in frame) witness.checkTotals(frame);
  }

  #framesOf(socket: string): FrameSequence {
    const hearing = this.#frames.get(socket) ?? new FrameSequence();
    this.#frames.set(socket, hearing);
    return hearing;
  }

  #batchOf(url: string): BatchInvariants | null {
    const batch = /\/v1\/batches\/([0-9a-f]{32})/u.exec(url)?.[1];
    return batch === undefined ? null : this.#batch(batch);
  }

  #batch(batch: string): BatchInvariants {
    const known = this.batches.get(batch);
    if (known) return known;
    const witness = new BatchInvariants(batch, this.#bucket(), this.#digests, this.fail);
    this.batches.set(batch, witness);
    return witness;
  }
}

function rowsOf({ files }: BundleResponse): Row[] {
  return files.flatMap((result) => (Array.isArray(result) ? [result] : []));
}
