import type { ResumableBatch, ClientProblem, Source, Uploader } from "../../../client/index.ts";
import { type Cast, ENDPOINT } from "../cast.ts";
import type { Files } from "./files.ts";
import type { Host } from "../time/host.ts";
import type { World } from "../world.ts";

/** After these a person tries again; what else it may be needs more than patience. */
const TRANSIENT: ReadonlySet<string> = new Set(["connection_failed", "files_added"]);

/** A page on which somebody uploads files, and looks after them. */
export class UploadingPage {
  readonly host: Host;
  readonly view: Uploader;
  readonly #world: World;
  readonly #files: Files;
  readonly #matchFiles: Cast["matchFiles"];
  /** What the person wants to have uploaded. */
  readonly #wanted: Source[];
  #isMatching = false;
  /** Why it cannot go on; null while it can. */
  #endProblem: ClientProblem | null = null;

  /** @param before a page on which the same batch was begun; where there was none, it is a new one */
  constructor(world: World, files: Files, cast: Cast, before?: UploadingPage) {
    this.host = world.scheduler.current;
    this.#world = world;
    this.#files = files;
    this.#wanted = before ? [...before.#wanted] : [];
    const batch = before?.begun;
    this.#matchFiles = cast.matchFiles;
    this.view = new cast.Uploader({ endpoint: ENDPOINT, ...(batch && { batch }) });
    this.view.on("problem", (problem) => this.#onProblem(problem));
    if (batch) void this.#addWanted();
  }

  /** The batch as it was kept; null before there is one. */
  get begun(): ResumableBatch | null {
    return this.view.resumableBatch;
  }

  /** Why nothing more comes from this page, or null. */
  get endReason(): string | null {
    if (!this.host.isAlive) return "it was closed";
    return this.#endProblem && `${this.#endProblem.code}: ${this.#endProblem.detail}`;
  }

  /** Is it still on the way to a batch? */
  get isTrying(): boolean {
    return this.host.isAlive && this.begun === null;
  }

  /** Chooses more files, unless all that was known has been sent already. */
  choose(): void {
    const sources = this.#files.make(this.#world.random.whole(1, 8));
    if (this.#add(sources)) this.#wanted.push(...sources);
  }

  /** What a person does who wants all of it uploaded, and has time. */
  finishUpload(): void {
    if (this.endReason !== null || this.view.running) return;
    const { ledger, missing: unsent } = this.view;
    if (unsent.size > 0) return void this.#addWanted();
    const names = new Set(Array.from({ length: ledger.count }, (_, id) => ledger.name(id)));
    const missing = this.#wanted.filter(({ name }) => !names.has(name));
    if (missing.length > 0) this.#add(missing);
    else this.view.retry();
  }

  /** Brings all files again; those that are none of the batch's are new ones. */
  async #addWanted(): Promise<void> {
    // A device that wakes up catches up on many visits at once, each of which would add the others'.
    if (this.#isMatching) return;
    this.#isMatching = true;
    this.#add(await this.#matchFiles(this.view, this.#wanted));
    this.#isMatching = false;
  }

  #add(sources: readonly Source[]): boolean {
    try {
      this.view.add(sources);
      return true;
    } catch {
      // The batch is sealed: these would need another one.
      return false;
    }
  }

  #onProblem(problem: ClientProblem): void {
    this.#world.trace.add(`uploader has a problem: ${problem.code} ${problem.detail}`);
    if (!TRANSIENT.has(problem.code) && this.begun) this.#endProblem = problem;
  }
}
