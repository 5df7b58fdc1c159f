import type { Cast } from "./cast.ts";
import { problemsOfRemains } from "./checks/leftovers.ts";
import { Files } from "./actors/files.ts";
import type { Moment } from "./checks/history.ts";
import { Invariants } from "./checks/invariants.ts";
import { problemOfView } from "./actors/viewing-page.ts";
import { People } from "./actors/actors.ts";
import { isSettled } from "../../protocol/index.ts";
import { enter } from "./stage.ts";
import { clearUp, startWeather } from "./incidents.ts";
import { World } from "./world.ts";

/** How long faults go on at most, in ms: in some lives for a moment, in others for long. */
const CHAOS_MS = [1000, 5000, 5000, 30_000, 30_000, 120_000, 120_000, 600_000];
/** How long a batch may take to end once nothing goes wrong any more. */
const PATIENCE_MS = 60 * 60_000;
/** Once nothing goes wrong any more, no batch of some files takes so many steps to its end. */
const MOST_STEPS = 15_000;
/** When all records of a batch are gone: `RECORD_DAYS`, and `BATCH_DAYS` before them. */
const AGES_MS = 45 * 24 * 60 * 60_000;

/** One batch, from its first file until all of it has been forgotten. */
export class Life {
  readonly world: World;
  readonly #invariants: Invariants;
  readonly #people: People;
  readonly #share: number;
  #lastStep = Infinity;

  /** @param share of all kinds of faults that this life has: 0 to 1 */
  constructor(cast: Cast, seed: number, share: number) {
    this.#share = share;
    const digests = new Map<string, string>();
    this.#invariants = new Invariants(() => this.world.bucket, digests);
    this.world = new World(seed, share, cast.worker, this.#invariants);
    const files = new Files(this.world.random, digests);
    this.#people = new People(this.world, cast, files, this.#invariants);
  }

  /** @returns what is wrong with how it went, or null */
  async live(): Promise<string | null> {
    const { faults, random, trace } = this.world;
    enter(this.world);
    trace.add(`has ${faults.toString()}`);
    const chaos = random.pick(CHAOS_MS) * random.fraction();
    this.#people.begin(chaos);
    startWeather(this.world, this.#share, chaos, () => this.#people.hosts);
    await this.#run(chaos, () => false);
    faults.calm();
    this.#lastStep = this.world.scheduler.steps + MOST_STEPS;
    clearUp(this.world, this.#people.hosts);
    this.#people.tend(() => this.#moment?.state === "paused");
    if (!(await this.#run(PATIENCE_MS, () => this.#problemOfEnd === null))) {
      this.#invariants.fail(`it does not end: ${this.#problemOfEnd}`);
    }
    await this.#outlive();
    return this.#invariants.failure;
  }

  /** Nobody looks any more, and time goes by until nothing of the batch should be left. */
  async #outlive(): Promise<void> {
    this.#people.leave();
    await this.#run(AGES_MS, () => false);
    for (const problem of problemsOfRemains(this.world, this.#invariants.witnesses)) {
      this.#invariants.fail(problem);
    }
  }

  /** Lets time go by until something is wrong, `isOver` says so, or `ms` are over. */
  async #run(ms: number, isOver: () => boolean): Promise<boolean> {
    const { scheduler } = this.world;
    const until = scheduler.now + ms;
    while (this.#invariants.failure === null && !isOver()) {
      if (!(await scheduler.step(until))) return false;
      if (scheduler.steps > this.#lastStep) {
        this.#invariants.fail(`it goes round in circles: ${this.#problemOfEnd}`);
      }
    }
    return true;
  }

  /** How the batch of the uploader's page stands; null where there is none. */
  get #moment(): Moment | null {
    const id = this.#people.batch?.id ?? "";
    return this.#invariants.witnesses.get(id)?.history.latest ?? null;
  }

  /** Why it cannot be said that all has come to its end and everyone knows; null where it can. */
  get #problemOfEnd(): string | null {
    const { end, isReturning, onlookers, uploader, wantDeletion } = this.#people;
    const moment = this.#moment;
    if (wantDeletion) return "the batch is not deleted";
    if (isReturning) return "the uploader is not back";
    if (moment === null) return uploader?.isTrying ? "there is no batch" : null;
    if (!isEnd(moment)) return end === null ? unfinished(moment) : null;
    const problems = onlookers.map((onlooker) => problemOfView(onlooker, moment));
    return problems.find((problem) => problem !== null) ?? null;
  }
}

function isEnd({ state }: Moment): boolean {
  return state === "completed" || state === "cancelled";
}

function unfinished({ state, batch, rows }: Moment): string {
  const open = rows.filter((row) => !isSettled(row[1]));
  const first = open.slice(0, 3).map(([id, fileState]) => `${id} (${fileState})`);
  const files = `${open.length} open files, such as ${first.join(", ")}`;
  return `the batch is ${batch.sealed ? "" : "not sealed, "}${state}, with ${files}`;
}
