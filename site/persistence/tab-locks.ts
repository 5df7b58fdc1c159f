/** What lets go of the batches that this tab goes on with. */
const held = new Map<string, () => void>();

/** The browser's locks; null where it has none: a page served over plain HTTP in a local network. */
const locks = "locks" in navigator ? navigator.locks : null;

/**
 * Claims a batch for this tab: two tabs that send the same files would both send them all.
 *
 * @returns whether this tab has it; false where another one does
 */
export function claim(batch: string): Promise<boolean> {
  if (locks === null || held.has(batch)) return Promise.resolve(true);
  return new Promise((resolve, reject) => {
    const options = { ifAvailable: true };
    const hold = async (lock: Lock | null): Promise<void> => {
      resolve(lock !== null);
      if (lock !== null) await new Promise<void>((letGo) => void held.set(batch, letGo));
    };
    locks.request(lockName(batch), options, hold).catch(reject);
  });
}

/** Lets other tabs have the batch; the end of the tab does too. */
export function release(batch: string): void {
  held.get(batch)?.();
  held.delete(batch);
}

/** Has another tab of this browser claimed the batch? */
export async function isOpenInOtherTab(batch: string): Promise<boolean> {
  if (locks === null || held.has(batch)) return false;
  const { held: all = [] } = await locks.query();
  return all.some(({ name }) => name === lockName(batch));
}

/** Resolves as soon as no tab has the batch. Throws the signal's reason when aborted. */
export async function whenFree(batch: string, signal: AbortSignal): Promise<void> {
  await locks?.request(lockName(batch), { signal, mode: "shared" }, () => undefined);
}

function lockName(batch: string): string {
  return `tallyman:${batch}`;
}
