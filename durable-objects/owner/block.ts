import { HOUR_MS, SECOND_MS } from "../../protocol/index.ts";
import type { Result } from "../batch/refusals.ts";
import type { OperatorBlock } from "./messages.ts";

/** Batches that are told by one run of the alarm, so that a run stays short. */
const SLICE = 100;
/** Wait before the first repetition for batches that could not be told, doubled with each failure. */
const FIRST_WAIT_MS = 5 * SECOND_MS;
const LONGEST_WAIT_MS = HOUR_MS;

interface StoredBlock extends OperatorBlock {
  /** Runs in a row in which no batch could be told. */
  failures: number;
  /** Time of the next run; absent once every batch is told. */
  tellAt?: number;
}

/** Tells a batch about a decision. */
type TellBatch = (id: string, block: OperatorBlock) => Promise<Result<unknown>>;

/**
 * Whether the operator has blocked an owner. The batches of a blocked owner refuse uploads by
 * themselves, so that no upload asks the owner: the alarm tells each batch that the account lists, in
 * slices, until all know it. It is stored apart from the account, as two values:
 *
 * | key | value |
 * |---|---|
 * | `block` | `StoredBlock`, unless the owner was never blocked |
 * | `untold` | ids of the batches that have yet to be told |
 */
export class OwnerBlock {
  readonly #kv: SyncKvStorage;

  constructor(storage: DurableObjectStorage) {
    this.#kv = storage.kv;
  }

  get isBlocked(): boolean {
    return this.#stored?.isBlocked ?? false;
  }

  /** Time at which batches have to be told; Infinity if there are none. */
  get tellAt(): number {
    return this.#stored?.tellAt ?? Infinity;
  }

  /** True if the owner is not blocked, and every batch knows it. */
  get isOver(): boolean {
    return !this.isBlocked && this.tellAt === Infinity;
  }

  /** Blocks or unblocks the owner, unless that is so already. @param ids of all listed batches */
  set(isBlocked: boolean, ids: readonly string[]): void {
    if (isBlocked === this.isBlocked) return;
    const now = Date.now();
    const order = Math.max(now, (this.#stored?.order ?? 0) + 1);
    this.#save({ isBlocked, order, failures: 0, tellAt: now }, ids);
  }

  /** Tells a batch that the account did not list when its owner was blocked. */
  add(id: string): void {
    const stored = this.#stored;
    if (stored?.isBlocked) this.#save({ ...stored, tellAt: Date.now() }, [...this.#untold, id]);
  }

  /**
   * Tells the next batches. Those that fail come last and are told again.
   *
   * @param isExpected true for a batch that may be created yet, as its quota was just reserved
   */
  async tell(tellBatch: TellBatch, isExpected: (id: string) => boolean): Promise<void> {
    const stored = this.#stored;
    if (!stored || this.tellAt > Date.now()) return;
    const slice = this.#untold.slice(0, SLICE);
    const results = await Promise.all(slice.map((id) => settle(tellBatch(id, stored))));
    // Another decision has queued all batches again.
    if (this.#stored?.order !== stored.order) return;
    const failed = slice.filter((id, index) => !isTold(results[index] ?? null, isExpected(id)));
    this.#settle(new Set(slice), failed);
  }

  #settle(told: ReadonlySet<string>, failed: readonly string[]): void {
    const stored = this.#stored;
    if (!stored) return;
    const untold = [...this.#untold.filter((id) => !told.has(id)), ...failed];
    const { tellAt: _, ...rest } = stored;
    if (untold.length === 0) return this.#save({ ...rest, failures: 0 }, []);
    const failures = failed.length === told.size ? stored.failures + 1 : 0;
    this.#save({ ...rest, failures, tellAt: Date.now() + waitAfter(failures) }, untold);
  }

  get #stored(): StoredBlock | undefined {
    return this.#kv.get<StoredBlock>("block");
  }

  get #untold(): readonly string[] {
    return this.#kv.get<string[]>("untold") ?? [];
  }

  #save(block: StoredBlock, untold: readonly string[]): void {
    this.#kv.put("block", block);
    this.#kv.put("untold", [...new Set(untold)]);
  }
}

/** Returns the result of a call; null if it failed. */
async function settle(call: Promise<Result<unknown>>): Promise<Result<unknown> | null> {
  return call.catch(() => null);
}

/** True if a batch knows the decision, or needs not know it: an expired or deleted one takes no uploads. */
function isTold(result: Result<unknown> | null, isExpected: boolean): boolean {
  if (result === null) return false;
  if (result.ok || result.code === "batch_expired") return true;
  return result.code === "batch_not_found" && !isExpected;
}

function waitAfter(failures: number): number {
  if (failures === 0) return 0;
  return Math.min(FIRST_WAIT_MS * 2 ** (failures - 1), LONGEST_WAIT_MS);
}
