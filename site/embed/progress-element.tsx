import { effect, untracked } from "@preact/signals";
import type { BatchResource, Summary } from "../../protocol/index.ts";
import type { Board } from "../batch/board.ts";
import { Opening } from "../batch/opening.tsx";
import type { BatchModule } from "./batch-module.tsx";
import { dispatchProgress } from "./dispatch-progress.ts";
import { dispatchLoadProblem } from "./events.ts";
import { loadBatchModule, loadState } from "./load-batch-module.ts";
import { LoadProblem } from "./load-problem.tsx";
import { ShadowElement } from "./shadow-element.tsx";

/**
 * `<tallyman-progress batch="…" token="…" endpoint="https://…">`: the progress of a batch that is
 * uploaded elsewhere, during the upload and after. Needs a read token only.
 */
export class TallymanProgress extends ShadowElement {
  static readonly observedAttributes = ["batch", "token", "endpoint"];
  #board: Board | null = null;
  #stop: (() => void) | null = null;
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

  /** A read token of the batch. */
  get token(): string {
    return this.getAttribute("token") ?? "";
  }

  set token(token: string) {
    this.setAttribute("token", token);
  }

  /** The batch as last received; null before that. */
  get status(): BatchResource | null {
    return this.#board?.view.batch ?? null;
  }

  /** The summary of a completed batch; null until then. */
  get summary(): Summary | null {
    return this.#board?.view.summary ?? null;
  }

  attributeChangedCallback(): void {
    if (this.#restartScheduled) return;
    this.#restartScheduled = true;
    // Batch and token change one after the other, and are valid only together.
    queueMicrotask(() => {
      this.#restartScheduled = false;
      if (this.isShown) this.start();
    });
  }

  protected override start(): void {
    this.end();
    if (this.batch === "" || this.token === "") return this.show(null);
    this.show(<Loading />);
    const stopProblems = effect(() => {
      if (loadState.value === "failed") untracked(() => dispatchLoadProblem(this));
    });
    let isEnded = false;
    this.#stop = () => {
      isEnded = true;
      stopProblems();
    };
    void loadBatchModule().then((module) => {
      if (!isEnded) this.#watch(module);
    });
  }

  #watch({ Watcher, Board, WatchView }: BatchModule): void {
    this.end();
    const { batch, token, endpoint } = this;
    const board = new Board(new Watcher({ endpoint, batch, token }));
    const stopProgress = dispatchProgress(this, board);
    this.#board = board;
    this.#stop = () => {
      stopProgress();
      board.dispose();
      board.view.dispose();
    };
    this.show(<WatchView key={board} board={board} />);
  }

  protected override end(): void {
    this.#stop?.();
    this.#stop = null;
    this.#board = null;
  }
}

/** Shown until the batch module has loaded. */
function Loading() {
  const hasFailed = loadState.value === "failed";
  return <Opening isBroken={hasFailed}>{hasFailed && <LoadProblem />}</Opening>;
}
