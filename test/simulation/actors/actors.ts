import type { CreatedBatch } from "../../../protocol/index.ts";
import { type Cast, ENDPOINT } from "../cast.ts";
import { Device } from "./device.ts";
import type { Files } from "./files.ts";
import { Host } from "../time/host.ts";
import type { Invariants } from "../checks/invariants.ts";
import type { ViewingPage } from "./viewing-page.ts";
import { Program } from "./program.ts";
import { UploadingPage } from "./uploading-page.ts";
import type { World } from "../world.ts";

/** How often somebody looks after what is left to do, in ms. */
const FINISH_INTERVAL_MS = 5000;
/** How likely it is that the uploader's page is closed in the middle, and opened again later. */
const CLOSE_CHANCE = 0.2;
const REOPEN_CHANCE = 0.7;
/** How likely it is that the same person goes on with the batch on a second page, beside the first. */
const SECOND_PAGE_CHANCE = 0.15;

/** Those who upload one batch, who watch it, and who meddle with it. */
export class Actors {
  readonly #world: World;
  readonly #cast: Cast;
  readonly #files: Files;
  readonly #invariants: Invariants;
  readonly #watchers: ViewingPage[] = [];
  readonly #finisher = new Host("patience");
  #batch: CreatedBatch | null = null;
  #uploader: UploadingPage | null = null;
  /** The second page of the uploader; null where there is only one. */
  #secondPage: UploadingPage | null = null;
  /** A page on which the uploader goes on, and that is not open yet. */
  #reopening: Host | null = null;
  #device: Device | null = null;
  #program: Program | null = null;

  constructor(world: World, cast: Cast, files: Files, invariants: Invariants) {
    this.#world = world;
    this.#cast = cast;
    this.#files = files;
    this.#invariants = invariants;
  }

  /** What all of it is about; null before it exists. */
  get batch(): CreatedBatch | null {
    return (this.#batch ??= this.#uploader?.view.created ?? null);
  }

  get uploader(): UploadingPage | null {
    return this.#uploader;
  }

  /** Why nobody goes on with the batch, or not with all of it; null where somebody does. */
  get endReason(): string | null {
    return this.#uploader?.endReason ?? this.#secondPage?.endReason ?? null;
  }

  get isReopening(): boolean {
    return this.#reopening !== null;
  }

  /** All whose page is open. */
  get viewingPages(): ViewingPage[] {
    return [...this.#pages, ...this.#watchers].filter(({ host }) => host.isAlive);
  }

  get hosts(): Host[] {
    return this.viewingPages.map(({ host }) => host);
  }

  /** Is somebody still waiting to hear that the batch is deleted? */
  get isDeletionPending(): boolean {
    return this.#device?.isDeletionPending === true;
  }

  /** Somebody begins to upload. What else they and others do within `ms` comes by chance. */
  start(ms: number): void {
    const { random } = this.#world;
    const page = new Host("uploader");
    this.#after(0, page, "opens", () => this.#open());
    this.#repeatUpTo(2, ms, () => this.#after(0, page, "chooses", () => this.#uploader?.choose()));
    this.#repeatUpTo(2, ms, () =>
      this.#after(0, new Host("watcher"), "watches", () => this.#watch()),
    );
    this.#repeatUpTo(random.pick([0, 3, 12]), ms, () => this.#actOnDevice());
    this.#repeatUpTo(random.pick([0, 0, 3, 12]), ms, () => this.#actInProgram());
    if (random.chance(CLOSE_CHANCE))
      this.#after(random.skewed(0, ms), new Host("fate"), "closes", () => this.#close(page));
    if (random.chance(SECOND_PAGE_CHANCE))
      this.#after(random.skewed(0, ms), new Host("companion"), "joins", () =>
        this.#openSecondPage(),
      );
  }

  /** Nobody does anything any more. */
  stop(): void {
    for (const host of this.hosts) host.kill();
    this.#device?.host.kill();
    this.#program?.host.kill();
    this.#reopening?.kill();
    this.#finisher.kill();
  }

  /** From now on, somebody takes care that the batch comes to its end. */
  finishBatch(isPaused: () => boolean): void {
    const host = this.#finisher;
    const tend = () => {
      if (this.isDeletionPending) this.#device?.send("delete");
      else if (isPaused()) this.#getDevice()?.send("resume");
      for (const page of this.#pages)
        if (page.host.isAlive) this.#after(0, page.host, "tends", () => page.finishUpload());
      this.#after(FINISH_INTERVAL_MS, host, "passes", tend);
    };
    this.#after(0, host, "begins", tend);
  }

  #open(): void {
    this.#uploader = new UploadingPage(this.#world, this.#files, this.#cast);
    this.#uploader.choose();
  }

  /** The page is gone, with all that it knew but what it has kept of its batch. */
  #close(page: Host): void {
    const { random } = this.#world;
    const closed = this.#uploader;
    page.kill();
    if (!closed?.begun || !random.chance(REOPEN_CHANCE)) return;
    const again = new Host("uploader again");
    this.#reopening = again;
    this.#after(random.skewed(0, 60_000), again, "returns", () => {
      this.#uploader = new UploadingPage(this.#world, this.#files, this.#cast, closed);
      this.#reopening = null;
    });
  }

  /** A second page goes on with the batch, with the same files and others. */
  #openSecondPage(): void {
    if (!this.#uploader?.begun) return;
    this.#secondPage = new UploadingPage(this.#world, this.#files, this.#cast, this.#uploader);
    this.#secondPage.choose();
  }

  get #pages(): UploadingPage[] {
    return [this.#uploader, this.#secondPage].filter((page) => page !== null);
  }

  #watch(): void {
    const created = this.batch;
    if (!created) return;
    const token = created.tokens.read;
    const view = new this.#cast.Watcher({ endpoint: ENDPOINT, batch: created.id, token });
    this.#watchers.push({ host: this.#world.scheduler.current, view });
  }

  #actOnDevice(): void {
    this.#getDevice()?.sendRandom();
  }

  #actInProgram(): void {
    const created = this.batch;
    const manifest = this.#invariants.batches.get(created?.id ?? "")?.history.latest?.manifest;
    if (!created || !manifest) return;
    this.#program ??= new Program(this.#world, this.#files, created);
    this.#program.sendFile(manifest.map(({ name }) => name));
  }

  /** Whoever has the share link's write token: nobody before there is a batch. */
  #getDevice(): Device | null {
    const created = this.batch;
    if (created) this.#device ??= new Device(this.#world, created, this.#invariants);
    return this.#device;
  }

  /** Up to `most` times within `ms`. */
  #repeatUpTo(most: number, ms: number, run: () => void): void {
    const { random } = this.#world;
    for (let times = random.whole(0, most); times > 0; times--) {
      this.#after(random.skewed(0, ms), new Host("chance"), "comes", run);
    }
  }

  #after(ms: number, host: Host, what: string, run: () => void): void {
    this.#world.scheduler.after(ms, host, what, run);
  }
}
