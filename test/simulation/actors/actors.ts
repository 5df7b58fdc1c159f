import type { CreatedBatch } from "../../../protocol/index.ts";
import { type Cast, ENDPOINT } from "../cast.ts";
import type { Invariants } from "../checks/invariants.ts";
import { Host } from "../time/host.ts";
import type { World } from "../world.ts";
import { Device } from "./device.ts";
import type { Files } from "./files.ts";
import { Program } from "./program.ts";
import { UploadingPage } from "./uploading-page.ts";
import type { ViewingPage } from "./viewing-page.ts";

/** Interval at which the actors check what is left to do after the faults, in ms. */
const FINISH_INTERVAL_MS = 5000;
/** Probabilities that the uploading page is closed, and that a closed page is opened again. */
const CLOSE_CHANCE = 0.2;
const REOPEN_CHANCE = 0.7;
/** Probability that a second page resumes the batch while the first is open. */
const SECOND_PAGE_CHANCE = 0.15;

/** The clients of one batch: uploading pages, watching pages, a second device, another program. */
export class Actors {
  readonly #world: World;
  readonly #cast: Cast;
  readonly #files: Files;
  readonly #invariants: Invariants;
  readonly #watchers: ViewingPage[] = [];
  readonly #finisher = new Host("finisher");
  #batch: CreatedBatch | null = null;
  #uploader: UploadingPage | null = null;
  #secondPage: UploadingPage | null = null;
  /** A page that will resume the batch and is not open yet. */
  #reopening: Host | null = null;
  #device: Device | null = null;
  #program: Program | null = null;

  constructor(world: World, cast: Cast, files: Files, invariants: Invariants) {
    this.#world = world;
    this.#cast = cast;
    this.#files = files;
    this.#invariants = invariants;
  }

  /** Null before the batch is created. */
  get batch(): CreatedBatch | null {
    return (this.#batch ??= this.#uploader?.view.created ?? null);
  }

  get uploader(): UploadingPage | null {
    return this.#uploader;
  }

  /** Why an uploading page has stopped for good; null if none has. */
  get endReason(): string | null {
    return this.#uploader?.endReason ?? this.#secondPage?.endReason ?? null;
  }

  get isReopening(): boolean {
    return this.#reopening !== null;
  }

  /** All open pages. */
  get viewingPages(): ViewingPage[] {
    return [...this.#pages, ...this.#watchers].filter(({ host }) => host.isAlive);
  }

  get hosts(): Host[] {
    return this.viewingPages.map(({ host }) => host);
  }

  /** True while a deletion is not confirmed. */
  get isDeletionPending(): boolean {
    return this.#device?.isDeletionPending === true;
  }

  /** Opens a page that uploads, and schedules random actions within `ms`. */
  start(ms: number): void {
    const { random } = this.#world;
    const page = new Host("uploader");
    this.#after(0, page, "opens", () => this.#open());
    this.#repeatUpTo(2, ms, () => this.#after(0, page, "chooses", () => this.#uploader?.choose()));
    this.#repeatUpTo(2, ms, () =>
      this.#after(0, new Host("watcher"), "watches", () => this.#watch()),
    );
    this.#repeatUpTo(random.pick([0, 3, 12]), ms, () => this.#getDevice()?.sendRandom());
    this.#repeatUpTo(random.pick([0, 0, 3, 12]), ms, () => this.#sendFromProgram());
    if (random.chance(CLOSE_CHANCE))
      this.#after(random.skewed(0, ms), new Host("browser"), "closes", () => this.#close(page));
    if (random.chance(SECOND_PAGE_CHANCE))
      this.#after(random.skewed(0, ms), new Host("second page"), "opens", () =>
        this.#openSecondPage(),
      );
  }

  /** Closes all pages. */
  stop(): void {
    for (const host of this.hosts) host.kill();
    this.#device?.host.kill();
    this.#program?.host.kill();
    this.#reopening?.kill();
    this.#finisher.kill();
  }

  /** Deletes the batch from a device of its own. */
  deleteBatch(): void {
    if (this.batch) new Device(this.#world, this.batch, this.#invariants).send("delete");
  }

  /** Repeats until it is stopped what a patient person does to bring a batch to its end. */
  finishBatch(isPaused: () => boolean): void {
    const host = this.#finisher;
    const finish = () => {
      if (this.isDeletionPending) this.#device?.send("delete");
      else if (isPaused()) this.#getDevice()?.send("resume");
      for (const page of this.#pages)
        if (page.host.isAlive) this.#after(0, page.host, "continues", () => page.finishUpload());
      this.#after(FINISH_INTERVAL_MS, host, "checks again", finish);
    };
    this.#after(0, host, "starts", finish);
  }

  #open(): void {
    this.#uploader = new UploadingPage(this.#world, this.#files, this.#cast);
    this.#uploader.choose();
  }

  /** Closes the page. Only its saved batch is left for a page that is opened later. */
  #close(page: Host): void {
    const { random } = this.#world;
    const closed = this.#uploader;
    page.kill();
    if (!closed?.resumableBatch || !random.chance(REOPEN_CHANCE)) return;
    const reopened = new Host("reopened uploader");
    this.#reopening = reopened;
    this.#after(random.skewed(0, 60_000), reopened, "opens", () => {
      this.#uploader = new UploadingPage(this.#world, this.#files, this.#cast, closed);
      this.#reopening = null;
    });
  }

  /** Opens a second page that resumes the batch, with the same files and others. */
  #openSecondPage(): void {
    if (!this.#uploader?.resumableBatch) return;
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

  #sendFromProgram(): void {
    const created = this.batch;
    const manifest = this.#invariants.batches.get(created?.id ?? "")?.history.latest?.manifest;
    if (!created || !manifest) return;
    this.#program ??= new Program(this.#world, this.#files, created);
    this.#program.sendFile(manifest.map(({ name }) => name));
  }

  /** Returns the second device; null before there is a batch to share. */
  #getDevice(): Device | null {
    const created = this.batch;
    if (created) this.#device ??= new Device(this.#world, created, this.#invariants);
    return this.#device;
  }

  /** Runs an action up to `most` times within `ms`. */
  #repeatUpTo(most: number, ms: number, run: () => void): void {
    const { random } = this.#world;
    for (let times = random.whole(0, most); times > 0; times--) {
      this.#after(random.skewed(0, ms), new Host("actor"), "acts", run);
    }
  }

  #after(ms: number, host: Host, label: string, run: () => void): void {
    this.#world.scheduler.after(ms, host, label, run);
  }
}
