import type { ClientProblem, ResumableBatch, Source, Uploader } from "../../../client/index.ts";
import { type Cast, ENDPOINT } from "../cast.ts";
import type { Files } from "./files.ts";
import type { Host } from "../time/host.ts";
import type { World } from "../world.ts";

/** Problems after which the page continues. All others end it. */
const TRANSIENT: ReadonlySet<string> = new Set(["connection_failed", "files_added"]);

/** A page that uploads files, and the person who uses it. */
export class UploadingPage {
  readonly host: Host;
  readonly view: Uploader;
  readonly #world: World;
  readonly #files: Files;
  readonly #matchFiles: Cast["matchFiles"];
  /** Files that the person wants to upload. */
  readonly #wanted: Source[];
  #isMatching = false;
  /** The problem that has ended the page; null while it works. */
  #endProblem: ClientProblem | null = null;

  /** @param before the page whose batch is resumed; without it, the page creates a batch */
  constructor(world: World, files: Files, cast: Cast, before?: UploadingPage) {
    this.host = world.scheduler.current;
    this.#world = world;
    this.#files = files;
    this.#wanted = before ? [...before.#wanted] : [];
    const batch = before?.resumableBatch;
    this.#matchFiles = cast.matchFiles;
    this.view = new cast.Uploader({ endpoint: ENDPOINT, ...(batch && { batch }) });
    this.view.on("problem", (problem) => this.#onProblem(problem));
    if (batch) void this.#addWanted();
  }

  /** The batch as a page saves it; null before it is created. */
  get resumableBatch(): ResumableBatch | null {
    return this.view.resumableBatch;
  }

  /** Why the page sends nothing more; null while it works. */
  get endReason(): string | null {
    if (!this.host.isAlive) return "the page is closed";
    return this.#endProblem && `${this.#endProblem.code}: ${this.#endProblem.detail}`;
  }

  /** True until its batch is created. */
  get isCreating(): boolean {
    return this.host.isAlive && this.resumableBatch === null;
  }

  /** Chooses more files, unless the batch is sealed. */
  choose(): void {
    const sources = this.#files.make(this.#world.random.whole(1, 8));
    if (this.#add(sources)) this.#wanted.push(...sources);
  }

  /** Does what a patient person does next to have all files uploaded. */
  finishUpload(): void {
    if (this.endReason !== null || this.view.running) return;
    const { ledger, missing: unsent } = this.view;
    if (unsent.size > 0) return void this.#addWanted();
    const names = new Set(Array.from({ length: ledger.count }, (_, id) => ledger.name(id)));
    const missing = this.#wanted.filter(({ name }) => !names.has(name));
    if (missing.length > 0) this.#add(missing);
    else this.view.retry();
  }

  /** Chooses all files again. Those that do not match a file of the batch are added to it. */
  async #addWanted(): Promise<void> {
    // After a sleep, many calls run at once, and each would add the files of the others.
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
      // The batch is sealed.
      return false;
    }
  }

  #onProblem(problem: ClientProblem): void {
    this.#world.trace.add(`problem of the uploader: ${problem.code} ${problem.detail}`);
    if (!TRANSIENT.has(problem.code) && this.resumableBatch) this.#endProblem = problem;
  }
}
