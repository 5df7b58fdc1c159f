import { Watcher } from "../../client/index.ts";
import type { BatchResource, Summary } from "../../protocol/index.ts";
import { Connection } from "../batch/connection.tsx";
import { WatchProgress } from "../batch/watch-progress.tsx";
import { Board } from "../batch/board.ts";
import { ShadowElement } from "./shadow-element.tsx";
import { dispatchProgress } from "./dispatch-progress.ts";

/**
 * `<tallyman-progress batch="…" token="…" endpoint="https://…">`: how far a batch is that somebody
 * else uploads, while it happens or after. A read token is enough.
 */
export class TallymanProgress extends ShadowElement {
  static readonly observedAttributes = ["batch", "token", "endpoint"];
  #board: Board | null = null;
  #stopEvents: (() => void) | null = null;
  #restartScheduled = false;

  protected override get upgradableProperties(): readonly string[] {
    return TallymanProgress.observedAttributes;
  }

  /** The batch's id. */
  get batch(): string {
    return this.getAttribute("batch") ?? "";
  }

  set batch(id: string) {
    this.setAttribute("batch", id);
  }

  /** A read token of that batch. */
  get token(): string {
    return this.getAttribute("token") ?? "";
  }

  set token(token: string) {
    this.setAttribute("token", token);
  }

  /** The batch as last known; null before the first news. */
  get status(): BatchResource | null {
    return this.#board?.view.batch ?? null;
  }

  /** How the batch ended; null while it has not. */
  get summary(): Summary | null {
    return this.#board?.view.summary ?? null;
  }

  attributeChangedCallback(): void {
    if (this.#restartScheduled) return;
    this.#restartScheduled = true;
    // Batch and token change one after the other, and only both together name something.
    queueMicrotask(() => {
      this.#restartScheduled = false;
      if (this.isShown) this.start();
    });
  }

  protected override start(): void {
    this.end();
    const { batch, token, endpoint } = this;
    if (batch === "" || token === "") return this.show(null);
    const board = new Board(new Watcher({ endpoint, batch, token }));
    this.#board = board;
    this.#stopEvents = dispatchProgress(this, board);
    this.show(
      <div key={board}>
        <WatchProgress board={board} />
        <Connection board={board} />
      </div>,
    );
  }

  protected override end(): void {
    this.#stopEvents?.();
    this.#board?.dispose();
    this.#board?.view.dispose();
    this.#board = null;
  }
}
