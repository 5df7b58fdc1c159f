import type { ClientProblem, Source, Uploader } from "../../../client/index.ts";
import { type Cast, ENDPOINT } from "../cast.ts";
import type { Files } from "./files.ts";
import type { Host } from "../time/host.ts";
import type { World } from "../world.ts";

/** A page on which somebody uploads files, and looks after them. */
export class UploadingPage {
  readonly host: Host;
  readonly view: Uploader;
  readonly #world: World;
  readonly #files: Files;
  /** What the person wants to have uploaded. */
  readonly #wanted: Source[] = [];
  /** Why it cannot go on; null while it can. */
  #end: ClientProblem | null = null;

  constructor(world: World, files: Files, { Uploader: Class }: Cast) {
    this.host = world.scheduler.current;
    this.#world = world;
    this.#files = files;
    this.view = new Class({ endpoint: ENDPOINT });
    this.view.on("problem", (problem) => this.#note(problem));
  }

  /** Why nothing more comes from this page, or null. */
  get end(): string | null {
    if (!this.host.isAlive) return "it was closed";
    return this.#end && `${this.#end.code}: ${this.#end.detail}`;
  }

  /** Is it still on the way to a batch? */
  get isTrying(): boolean {
    return this.host.isAlive && this.view.running && this.view.created === null;
  }

  /** Chooses more files, unless all that was known has been sent already. */
  choose(): void {
    const sources = this.#files.make(this.#world.random.whole(1, 8));
    if (this.#add(sources)) this.#wanted.push(...sources);
  }

  /** What a person does who wants all of it uploaded, and has time. */
  tend(): void {
    if (this.end !== null || this.view.running) return;
    const { ledger } = this.view;
    const names = new Set(Array.from({ length: ledger.count }, (_, id) => ledger.name(id)));
    const missing = this.#wanted.filter(({ name }) => !names.has(name));
    if (missing.length > 0) this.#add(missing);
    else void this.view.retry();
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

  #note(problem: ClientProblem): void {
    this.#world.trace.add(`uploader has a problem: ${problem.code} ${problem.detail}`);
    // Of a connection that failed a person tries again; what else it may be needs more than patience.
    if (problem.code !== "connection_failed" && this.view.created) this.#end = problem;
  }
}
