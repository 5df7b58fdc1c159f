import { BatchApi } from "./api/batch-api.ts";
import { View } from "./view.ts";

interface WatcherOptions {
  /** The server's origin, for instance `location.origin`. */
  endpoint: string;
  /** The batch's id. */
  batch: string;
  /** A read token. */
  token: string;
}

/**
 * Watches a batch that another client uploads.
 *
 * @example
 * const watcher = new Watcher({ endpoint: location.origin, batch: id, token: tokens.read });
 * watcher.on("progress", () => console.log(`${watcher.ledger.percentComplete} %`));
 * watcher.on("completed", () => watcher.dispose());
 */
export class Watcher extends View {
  readonly #api: BatchApi;
  #isLoading = false;

  constructor({ endpoint, batch, token }: WatcherOptions) {
    super(endpoint);
    const access = { token, live: token, reachability: this.reachability };
    this.#api = new BatchApi(endpoint, batch, access, this.disposal.signal);
    // More files may be declared while the batch is watched.
    this.on("progress", () => void this.#load());
    this.on("batch", () => void this.#load());
    void this.#load();
  }

  async #load(): Promise<void> {
    if (this.#isLoading || (this.isListening && !this.hasUnknownFiles)) return;
    this.#isLoading = true;
    try {
      await this.loadFiles(this.#api, this.disposal.signal);
    } finally {
      this.#isLoading = false;
    }
  }
}
