import { signal } from "@preact/signals";
import type { BatchView } from "../client/index.ts";
import { countsOf } from "../site/batch/counts.ts";
import { startMeter } from "../site/batch/speed-meter.ts";

/** The figures that the page shows of a batch, without the page. */
export class DisplayedProgress {
  readonly #meter = {
    speed: signal<number | null>(null),
    secondsLeft: signal<number | null>(null),
  };
  readonly #view: BatchView;
  readonly #stop: () => void;

  constructor(view: BatchView) {
    this.#view = view;
    const { ledger } = view;
    const counts = signal(countsOf(ledger, 0));
    const batch = signal(view.batch);
    const connection = signal(view.connection);
    const update = (): void => {
      counts.value = countsOf(ledger, ledger.totals.files);
      batch.value = view.batch;
      connection.value = view.connection;
    };
    for (const event of ["progress", "files", "batch", "connection"] as const)
      view.on(event, update);
    const never = { outage: signal(null), wait: signal(null), isGrowing: signal(false) };
    this.#stop = startMeter({ ledger, counts, batch, connection, meter: this.#meter, ...never });
  }

  /** Seconds; null while unknown. */
  get timeLeft(): number | null {
    return this.#meter.secondsLeft.value;
  }

  /** Bytes per second; null while unknown. */
  get speed(): number | null {
    return this.#meter.speed.value;
  }

  /** Bytes that have not been confirmed. */
  get bytesLeft(): number {
    const { bytes, receivedBytes } = this.#view.ledger.totals;
    return bytes - receivedBytes;
  }

  stop(): void {
    this.#stop();
  }
}
