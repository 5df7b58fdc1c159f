import { isSettled } from "../../protocol/index.ts";
import { Actors } from "./actors/actors.ts";
import { Adversary } from "./actors/adversary.ts";
import { Reader } from "./actors/reader.ts";
import { Files } from "./actors/files.ts";
import { viewProblem } from "./actors/viewing-page.ts";
import type { Cast } from "./cast.ts";
import type { DurableState } from "./checks/history.ts";
import { Invariants } from "./checks/invariants.ts";
import { endIncidents, startDeploys, startIncidents } from "./incidents.ts";
import { Middleboxes } from "./middleboxes.ts";
import { WEBHOOK_SETTINGS } from "./network/backend.ts";
import { enterStage } from "./stage.ts";
import { Host } from "./time/host.ts";
import { World } from "./world.ts";

/** Upper limits of the time with faults, in ms. */
const FAULTS_MS = [1000, 5000, 5000, 30_000, 30_000, 120_000, 120_000, 600_000];
/** Requests that are repeated while there are faults, and again after the end of the batch. */
const MAX_REPEATS = 12;
/** The time in which they are repeated after the end, in ms. */
const REPEATS_MS = 60_000;
/** A batch must end within this time after the faults. */
const MAX_END_MS = 60 * 60_000;
/** A batch must end within this many steps after the faults. More are an endless loop. */
const MAX_STEPS = 15_000;
/** An unfinished batch must be over after this time, which is more than `BATCH_DAYS`. */
const LIFETIME_MS = 8 * 24 * 60 * 60_000;
/**
 * Everything of a deleted batch must be gone after this time. A repeated request may create another batch,
 * which expires and is deleted `LINK_DAYS` later.
 */
const DELETION_MS = LIFETIME_MS + 30 * 24 * 60 * 60_000;

/** Simulates one batch, from its first file until its records are deleted. */
export class Simulation {
  readonly world: World;
  readonly #invariants: Invariants;
  readonly #actors: Actors;
  readonly #middleboxes: Middleboxes;
  readonly #adversary: Adversary;
  readonly #faultShare: number;
  #lastStep = Infinity;

  /** @param faultShare share of the kinds of faults that occur, 0 to 1 */
  constructor(cast: Cast, seed: number, faultShare: number) {
    this.#faultShare = faultShare;
    const digests = new Map<string, string>();
    this.#invariants = new Invariants(() => this.world.bucket, digests);
    const observer = this.#invariants;
    const settings = WEBHOOK_SETTINGS;
    this.world = new World(seed, faultShare, { worker: cast.worker, observer, settings });
    this.#adversary = new Adversary(this.world);
    const files = new Files(this.world.random, digests);
    this.#middleboxes = new Middleboxes(this.world, files);
    this.#actors = new Actors(this.world, cast, files, this.#invariants);
  }

  /** Returns the first invariant that was violated, or null. */
  async run(): Promise<string | null> {
    const { faults, random, scheduler, trace } = this.world;
    enterStage(this.world);
    trace.add(`has ${faults.toString()}`);
    const faultsMs = random.pick(FAULTS_MS) * random.fraction();
    this.#actors.start(faultsMs);
    this.#adversary.start(MAX_REPEATS, faultsMs);
    startDeploys(this.world);
    const putMiddlebox = (page: Host) => this.#middleboxes.put(page);
    startIncidents(this.world, this.#faultShare, faultsMs, () => {
      return { pages: this.#actors.hosts, putMiddlebox };
    });
    scheduler.onStep(() => {
      for (const problem of this.#failureProblems()) this.#invariants.fail(problem);
    });
    await this.#advance(faultsMs, () => false);
    faults.stop();
    endIncidents(this.world, this.#actors.hosts);
    this.#actors.finishBatch(() => this.#state?.state === "paused");
    await this.#waitForEnd();
    await this.#repeatRequests();
    await this.#waitForEnd();
    await this.#compareWays();
    await this.#checkLeftovers();
    return this.#invariants.failure;
  }

  /** Returns the files that have failed on a page, and that no system in between has refused. */
  *#failureProblems(): Generator<string> {
    for (const { view } of this.#actors.viewingPages) {
      for (const [id, code] of view.ledger.localFailures) {
        const { ledger } = view;
        const problem = this.#middleboxes.problemOf(ledger.name(id), ledger.size(id), code);
        if (problem !== null) yield problem;
      }
    }
  }

  async #waitForEnd(): Promise<void> {
    this.#lastStep = this.world.scheduler.steps + MAX_STEPS;
    if (await this.#advance(MAX_END_MS, () => this.#openProblem === null)) return;
    this.#invariants.fail(`it does not end: ${this.#openProblem}`);
  }

  /** Checks that a program that reads the batch, in each of its ways, gets the state that pages show. */
  async #compareWays(): Promise<void> {
    const state = this.#state;
    const { batch } = this.#actors;
    if (!batch || state === null || !isOver(state) || state.batch.deletedAt) return;
    let isDone = false;
    const read = async () => {
      const problem = await new Reader(batch).problem(state);
      if (problem !== null) this.#invariants.fail(problem);
      isDone = true;
    };
    this.world.scheduler.after(0, new Host("reader"), "reads", () => void read());
    await this.#advance(MAX_END_MS, () => isDone);
  }

  /** Repeats earlier requests after the end of the batch. */
  async #repeatRequests(): Promise<void> {
    this.#adversary.start(MAX_REPEATS, REPEATS_MS);
    await this.#advance(2 * REPEATS_MS, () => false);
  }

  /** Closes all pages and advances the time, until the batch is over and then until it is deleted. */
  async #checkLeftovers(): Promise<void> {
    this.#actors.stop();
    await this.#advance(LIFETIME_MS, () => false);
    this.#invariants.checkLeftovers(this.world);
    this.#actors.deleteBatch();
    this.#adversary.start(MAX_REPEATS, REPEATS_MS);
    await this.#advance(DELETION_MS, () => false);
    this.#invariants.checkLeftovers(this.world);
  }

  /** Advances the time until an invariant fails, `isDone` returns true, or `ms` have passed. */
  async #advance(ms: number, isDone: () => boolean): Promise<boolean> {
    const { scheduler } = this.world;
    const until = scheduler.now + ms;
    while (this.#invariants.failure === null && !isDone()) {
      if (!(await scheduler.step(until))) return false;
      if (scheduler.steps > this.#lastStep) {
        this.#invariants.fail(`it loops without an end: ${this.#openProblem}`);
      }
    }
    return true;
  }

  /** The state of the uploader's batch; null if there is none. */
  get #state(): DurableState | null {
    const id = this.#actors.batch?.id ?? "";
    return this.#invariants.batches.get(id)?.history.latest ?? null;
  }

  /** Why the batch has not ended, or not every page shows its end; null once both are the case. */
  get #openProblem(): string | null {
    const { endReason, isReopening, viewingPages, uploader, isDeletionPending } = this.#actors;
    const state = this.#state;
    if (isDeletionPending) return "the batch is not deleted";
    if (isReopening) return "the uploader's page is not open yet";
    if (state === null) return uploader?.isCreating ? "there is no batch" : null;
    if (!isOver(state)) return endReason === null ? describeUnfinished(state) : null;
    const problems = viewingPages.map((page) => viewProblem(page, state));
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
