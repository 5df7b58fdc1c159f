import type { Ledger } from "../../client/index.ts";

/** Counts the declared files that match. Files are only ever added, so that each one is looked at once. */
export class FileCount {
  readonly #ledger: Pick<Ledger, "count">;
  readonly #matches: (file: number) => boolean;
  #seen = 0;
  #count = 0;

  constructor(ledger: Pick<Ledger, "count">, matches: (file: number) => boolean) {
    this.#ledger = ledger;
    this.#matches = matches;
  }

  get value(): number {
    for (; this.#seen < this.#ledger.count; this.#seen++)
      if (this.#matches(this.#seen)) this.#count += 1;
    return this.#count;
  }
}
