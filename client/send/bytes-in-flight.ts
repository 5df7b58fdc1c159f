import type { Ledger } from "../ledger.ts";

/** The bytes of one request. */
export interface RequestBytes {
  /** Bytes that the network has accepted. They may be far from the server still. */
  accepted: number;
}

/**
 * The bytes that this client has sent. Bytes count as accepted when the network takes them, and as
 * confirmed when the server reports them: a scanner or VPN in between may accept megabytes at once and
 * pass them on slowly, so only confirmed bytes are progress.
 */
export class BytesInFlight {
  readonly #ledger: Ledger;
  readonly #requests = new Set<RequestBytes>();
  /** Confirmed bytes by the last row, of the files that were sent from here. */
  readonly #received = new Map<number, number>();
  #confirmed = 0;

  constructor(ledger: Ledger) {
    this.#ledger = ledger;
  }

  /** Confirmed bytes of all requests since the start. */
  get confirmed(): number {
    return this.#confirmed;
  }

  /** Accepted bytes of the requests in flight. */
  get accepted(): number {
    let bytes = 0;
    for (const { accepted } of this.#requests) bytes += accepted;
    return bytes;
  }

  /** Call before a request with these files is sent. */
  begin(files: readonly number[]): RequestBytes {
    for (const id of files) {
      if (!this.#received.has(id)) this.#received.set(id, this.#ledger.receivedBytes(id));
    }
    const request = { accepted: 0 };
    this.#requests.add(request);
    return request;
  }

  /** Call when the request has ended. Rows of its files may still arrive. */
  end(request: RequestBytes): void {
    this.#requests.delete(request);
  }

  /** Call after the ledger has applied rows of these files. */
  onFilesChanged(files: Iterable<number>): void {
    for (const id of files) this.#count(id);
  }

  #count(id: number): void {
    const before = this.#received.get(id);
    if (before === undefined) return;
    const now = this.#ledger.receivedBytes(id);
    this.#confirmed += Math.max(0, now - before);
    if (this.#ledger.isUploadDone(id)) this.#received.delete(id);
    else this.#received.set(id, now);
  }
}
