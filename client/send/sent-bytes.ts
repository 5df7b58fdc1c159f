import type { Ledger } from "../ledger.ts";
import type { PlannedRequest } from "./planner.ts";
import type { RequestQueue } from "./request-queue.ts";

/** The sent bytes of each file in the ledger. Those of a large file are the sum of its parts'. */
export class SentBytes {
  readonly #ledger: Ledger;
  readonly #queue: RequestQueue;

  constructor(ledger: Ledger, queue: RequestQueue) {
    this.#ledger = ledger;
    this.#queue = queue;
  }

  /** Sets the bytes of these files that a request has handed to the network. */
  set(request: PlannedRequest, sent: ReadonlyMap<number, number>): void {
    for (const [id, bytes] of sent) {
      const file = this.#queue.largeFile(id);
      if (request.kind === "part") file?.setSent(request.part, bytes);
      this.#ledger.setSent(id, file?.sentBytes ?? bytes);
    }
  }

  /** Counts nothing of these files in a request any more: without a response, it may not have arrived. */
  undo(request: PlannedRequest, files: readonly number[]): void {
    this.set(request, new Map(files.map((id) => [id, 0])));
  }

  /** Resets the file to the bytes of its parts; a small file starts again at 0. */
  recount(id: number): void {
    this.#ledger.setSent(id, this.#queue.largeFile(id)?.sentBytes ?? 0);
  }

  /** Resets the file to what is stored. */
  settle(id: number): void {
    this.#ledger.setSent(id, this.#queue.largeFile(id)?.storedBytes ?? 0);
  }
}
