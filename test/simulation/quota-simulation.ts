import { signGrant } from "./actors/attack-grant.ts";
import { Attacker } from "./actors/attacker.ts";
import { Adversary } from "./actors/adversary.ts";
import { Files } from "./actors/files.ts";
import type { Cast } from "./cast.ts";
import { QuotaInvariants, type Quotas } from "./checks/quota-invariants.ts";
import { endIncidents, startDeploys, startIncidents } from "./incidents.ts";
import { enterStage } from "./stage.ts";
import { World } from "./world.ts";

/** So small that most attackers reach each of them. */
const QUOTAS: Quotas = { openBatches: 3, filesPerDay: 24, bytesPerDay: 60_000 };
/** Quotas that all anonymous owners share: those of about two of them. */
const SHARED = { files: 50, bytes: 120_000 };

/** Upper limits of the time of an attack, in ms: some go on after midnight. */
const ATTACK_MS = [5000, 60_000, 30 * 60_000, 30 * 60 * 60_000];
/** Calls of one attacker. */
const MAX_CALLS = 120;
/** Requests of any time that are repeated. */
const MAX_REPEATS = 12;
/** Everything is over after this time: batches expire, and deleted ones are cleaned up. */
const LIFETIME_MS = 16 * 24 * 60 * 60_000;

/** Simulates clients that attack the quotas of their owners, until the last batch is over. */
export class QuotaSimulation {
  readonly world: World;
  readonly #invariants: QuotaInvariants;
  readonly #attackers: readonly Attacker[];
  readonly #adversary: Adversary;
  readonly #faultShare: number;

  /** @param faultShare share of the kinds of faults that occur, 0 to 1 */
  constructor({ worker }: Cast, seed: number, faultShare: number) {
    this.#faultShare = faultShare;
    const digests = new Map<string, string>();
    this.#invariants = new QuotaInvariants(digests, QUOTAS);
    const observer = this.#invariants;
    this.world = new World(seed, faultShare, { worker, observer, settings: settings() });
    this.#adversary = new Adversary(this.world);
    const files = new Files(this.world.random, digests);
    this.#attackers = credentials().map((token) => new Attacker(this.world, files, token));
  }

  /** Returns the first invariant that was violated, or null. */
  async run(): Promise<string | null> {
    const { faults, random, trace } = this.world;
    enterStage(this.world);
    trace.add(`has ${faults.toString()}`);
    const ms = random.pick(ATTACK_MS) * random.fraction();
    for (const attacker of this.#attackers) attacker.start(random.whole(1, MAX_CALLS), ms);
    this.#adversary.start(MAX_REPEATS, ms);
    startDeploys(this.world);
    startIncidents(this.world, this.#faultShare, ms, () => ({
      pages: [],
      putMiddlebox: () => undefined,
    }));
    await this.#advance(ms);
    faults.stop();
    endIncidents(this.world, []);
    await this.#advance(LIFETIME_MS);
    this.#invariants.checkLeftovers(this.world);
    return this.#invariants.failure;
  }

  /** Advances the time until an invariant fails, or `ms` have passed. */
  async #advance(ms: number): Promise<void> {
    const { scheduler } = this.world;
    const until = scheduler.now + ms;
    while (this.#invariants.failure === null && (await scheduler.step(until)));
  }
}

/** Two grants of one owner with other limits, one of another owner, and an anonymous client. */
function credentials(): (string | null)[] {
  const narrow = { maxFiles: 6, maxBytes: 20_000 };
  return [signGrant("attacker"), signGrant("attacker", narrow), signGrant("other", narrow), null];
}

function settings(): Record<string, string> {
  return {
    QUOTA_OPEN_BATCHES: String(QUOTAS.openBatches),
    QUOTA_FILES_PER_DAY: String(QUOTAS.filesPerDay),
    QUOTA_BYTES_PER_DAY: String(QUOTAS.bytesPerDay),
    ANONYMOUS_FILES_PER_DAY: String(SHARED.files),
    ANONYMOUS_BYTES_PER_DAY: String(SHARED.bytes),
  };
}
