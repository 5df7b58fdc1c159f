import type { Cast } from "./cast.ts";
import { leftoverProblems } from "./checks/leftovers.ts";
import { Files } from "./actors/files.ts";
import type { DurableState } from "./checks/history.ts";
import { Invariants } from "./checks/invariants.ts";
import { viewProblem } from "./actors/viewing-page.ts";
import { Actors } from "./actors/actors.ts";
import { isSettled } from "../../protocol/index.ts";
import { enterStage } from "./stage.ts";
import { endIncidents, startIncidents } from "./incidents.ts";
import { World } from "./world.ts";

/** How long faults go on at most, in ms: in some lives for a moment, in others for long. */
const FAULTS_MS = [1000, 5000, 5000, 30_000, 30_000, 120_000, 120_000, 600_000];
/** How long a batch may take to end once nothing goes wrong any more. */
const MAX_END_MS = 60 * 60_000;
/** Once nothing goes wrong any more, no batch of some files takes so many steps to its end. */
const MAX_STEPS = 15_000;
/** When all records of a batch are gone: `RECORD_DAYS`, and `BATCH_DAYS` before them. */
const LIFETIME_MS = 45 * 24 * 60 * 60_000;

/** One batch, from its first file until all of it has been forgotten. */
export class Simulation {
  readonly world: World;
  readonly #invariants: Invariants;
  readonly #actors: Actors;
  readonly #faultShare: number;
  #lastStep = Infinity;

  /** @param share of all kinds of faults that this life has: 0 to 1 */
  constructor(cast: Cast, seed: number, share: number) {
    this.#faultShare = share;
    const digests = new Map<string, string>();
    this.#invariants = new Invariants(() => this.world.bucket, digests);
    this.world = new World(seed, share, cast.worker, this.#invariants);
    const files = new Files(this.world.random, digests);
    this.#actors = new Actors(this.world, cast, files, this.#invariants);
  }

  /** @returns what is wrong with how it went, or null */
  async run(): Promise<string | null> {
    const { faults, random, trace } = this.world;
    enterStage(this.world);
    trace.add(`has ${faults.toString()}`);
    const chaos = random.pick(FAULTS_MS) * random.fraction();
    this.#actors.start(chaos);
    startIncidents(this.world, this.#faultShare, chaos, () => this.#actors.hosts);
    await this.#advance(chaos, () => false);
    faults.stop();
    this.#lastStep = this.world.scheduler.steps + MAX_STEPS;
    endIncidents(this.world, this.#actors.hosts);
    this.#actors.finishBatch(() => this.#state?.state === "paused");
    if (!(await this.#advance(MAX_END_MS, () => this.#openProblem === null))) {
      this.#invariants.fail(`it does not end: ${this.#openProblem}`);
    }
    await this.#checkLeftovers();
    return this.#invariants.failure;
  }

  /** Nobody looks any more, and time goes by until nothing of the batch should be left. */
  async #checkLeftovers(): Promise<void> {
    this.#actors.stop();
    await this.#advance(LIFETIME_MS, () => false);
    for (const problem of leftoverProblems(this.world, this.#invariants.batches)) {
      this.#invariants.fail(problem);
    }
  }

  /** Lets time go by until something is wrong, `isDone` says so, or `ms` are over. */
  async #advance(ms: number, isDone: () => boolean): Promise<boolean> {
    const { scheduler } = this.world;
    const until = scheduler.now + ms;
    while (this.#invariants.failure === null && !isDone()) {
      if (!(await scheduler.step(until))) return false;
      if (scheduler.steps > this.#lastStep) {
        this.#invariants.fail(`it goes round in circles: ${this.#openProblem}`);
      }
    }
    return true;
  }

  /** How the batch of the uploader's page stands; null where there is none. */
  get #state(): DurableState | null {
    const id = this.#actors.batch?.id ?? "";
    return this.#invariants.batches.get(id)?.history.latest ?? null;
  }

  /** Why it cannot be said that all has come to its end and everyone knows; null where it can. */
  get #openProblem(): string | null {
    const {
      endReason: end,
      isReopening: isReturning,
      viewingPages: onlookers,
      uploader,
      isDeletionPending: wantDeletion,
    } = this.#actors;
    const moment = this.#state;
    if (wantDeletion) return "the batch is not deleted";
    if (isReturning) return "the uploader is not back";
    if (moment === null) return uploader?.isTrying ? "there is no batch" : null;
    if (!isOver(moment)) return end === null ? describeUnfinished(moment) : null;
    const problems = onlookers.map((onlooker) => viewProblem(onlooker, moment));
    return problems.find((problem) => problem !== null) ?? null;
  }
}

function isOver({ state }: DurableState): boolean {
  return state === "completed" || state === "cancelled";
}

function describeUnfinished({ state, batch, rows }: DurableState): string {
  const open = rows.filter((row) => !isSettled(row[1]));
  const first = open.slice(0, 3).map(([id, fileState]) => `${id} (${fileState})`);
  const files = `${open.length} open files, such as ${first.join(", ")}`;
  return `the batch is ${batch.sealed ? "" : "not sealed, "}${state}, with ${files}`;
}
