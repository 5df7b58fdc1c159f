import type { CreatedBatch } from "../../../protocol/index.ts";
import { type Cast, ENDPOINT } from "../cast.ts";
import { Device } from "./device.ts";
import type { Files } from "./files.ts";
import { Host } from "../time/host.ts";
import type { Invariants } from "../checks/invariants.ts";
import type { Onlooker } from "./viewing-page.ts";
import { Program } from "./program.ts";
import { UploadingPage } from "./uploading-page.ts";
import type { World } from "../world.ts";

/** How often somebody looks after what is left to do, in ms. */
const TEND_MS = 5000;
/** How likely it is that the uploader's page is closed in the middle, and opened again later. */
const CLOSES = 0.2;
const RETURNS = 0.7;
/** How likely it is that the same person goes on with the batch on a second page, beside the first. */
const JOINS = 0.15;

/** Those who upload one batch, who watch it, and who meddle with it. */
export class People {
  readonly #world: World;
  readonly #cast: Cast;
  readonly #files: Files;
  readonly #invariants: Invariants;
  readonly #watchers: Onlooker[] = [];
  readonly #patience = new Host("patience");
  #batch: CreatedBatch | null = null;
  #uploader: UploadingPage | null = null;
  /** The second page of the uploader; null where there is only one. */
  #companion: UploadingPage | null = null;
  /** A page on which the uploader goes on, and that is not open yet. */
  #returning: Host | null = null;
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
  get end(): string | null {
    return this.#uploader?.end ?? this.#companion?.end ?? null;
  }

  get isReturning(): boolean {
    return this.#returning !== null;
  }

  /** All whose page is open. */
  get onlookers(): Onlooker[] {
    return [...this.#pages, ...this.#watchers].filter(({ host }) => host.isAlive);
  }

  get hosts(): Host[] {
    return this.onlookers.map(({ host }) => host);
  }

  /** Is somebody still waiting to hear that the batch is deleted? */
  get wantDeletion(): boolean {
    return this.#device?.wantsDeletion === true;
  }

  /** Somebody begins to upload. What else they and others do within `ms` comes by chance. */
  begin(ms: number): void {
    const { random } = this.#world;
    const page = new Host("uploader");
    this.#at(0, page, "opens", () => this.#open());
    this.#some(2, ms, () => this.#at(0, page, "chooses", () => this.#uploader?.choose()));
    this.#some(2, ms, () => this.#at(0, new Host("watcher"), "watches", () => this.#watch()));
    this.#some(random.pick([0, 3, 12]), ms, () => this.#meddle());
    this.#some(random.pick([0, 0, 3, 12]), ms, () => this.#interfere());
    if (random.chance(CLOSES))
      this.#at(random.skewed(0, ms), new Host("fate"), "closes", () => this.#close(page));
    if (random.chance(JOINS))
      this.#at(random.skewed(0, ms), new Host("companion"), "joins", () => this.#join());
  }

  /** Nobody does anything any more. */
  leave(): void {
    for (const host of this.hosts) host.kill();
    this.#device?.host.kill();
    this.#program?.host.kill();
    this.#returning?.kill();
    this.#patience.kill();
  }

  /** From now on, somebody takes care that the batch comes to its end. */
  tend(isPaused: () => boolean): void {
    const host = this.#patience;
    const tend = () => {
      if (this.wantDeletion) this.#device?.do("delete");
      else if (isPaused()) this.#meddler()?.do("resume");
      for (const page of this.#pages)
        if (page.host.isAlive) this.#at(0, page.host, "tends", () => page.tend());
      this.#at(TEND_MS, host, "passes", tend);
    };
    this.#at(0, host, "begins", tend);
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
    if (!closed?.begun || !random.chance(RETURNS)) return;
    const again = new Host("uploader again");
    this.#returning = again;
    this.#at(random.skewed(0, 60_000), again, "returns", () => {
      this.#uploader = new UploadingPage(this.#world, this.#files, this.#cast, closed);
      this.#returning = null;
    });
  }

  /** A second page goes on with the batch, with the same files and others. */
  #join(): void {
    if (!this.#uploader?.begun) return;
    this.#companion = new UploadingPage(this.#world, this.#files, this.#cast, this.#uploader);
    this.#companion.choose();
  }

  get #pages(): UploadingPage[] {
    return [this.#uploader, this.#companion].filter((page) => page !== null);
  }

  #watch(): void {
    const created = this.batch;
    if (!created) return;
    const token = created.tokens.read;
    const view = new this.#cast.Watcher({ endpoint: ENDPOINT, batch: created.id, token });
    this.#watchers.push({ host: this.#world.scheduler.current, view });
  }

  #meddle(): void {
    this.#meddler()?.act();
  }

  #interfere(): void {
    const created = this.batch;
    const manifest = this.#invariants.witnesses.get(created?.id ?? "")?.history.latest?.manifest;
    if (!created || !manifest) return;
    this.#program ??= new Program(this.#world, this.#files, created);
    this.#program.act(manifest.map(({ name }) => name));
  }

  /** Whoever has the share link's write token: nobody before there is a batch. */
  #meddler(): Device | null {
    const created = this.batch;
    if (created) this.#device ??= new Device(this.#world, created, this.#invariants);
    return this.#device;
  }

  /** Up to `most` times within `ms`. */
  #some(most: number, ms: number, run: () => void): void {
    const { random } = this.#world;
    for (let times = random.whole(0, most); times > 0; times--) {
      this.#at(random.skewed(0, ms), new Host("chance"), "comes", run);
    }
  }

  #at(ms: number, host: Host, what: string, run: () => void): void {
    this.#world.scheduler.after(ms, host, what, run);
  }
}
