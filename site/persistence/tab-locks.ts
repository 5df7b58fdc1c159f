/** Functions that release the batches claimed by this tab, by batch id. */
const held = new Map<string, () => void>();

/**
 * The browser's locks; undefined on a page served over plain HTTP in a local network. They reject if the browser
 * blocks cookies: then no tab claims a batch, and none saves one.
 */
const { locks }: Partial<Navigator> = navigator;

/**
 * Claims a batch for this tab, as two tabs that upload the same batch would both send every file.
 *
 * @returns false if another tab has claimed the batch
 */
export function claim(batch: string): Promise<boolean> {
  if (locks === undefined || held.has(batch)) return Promise.resolve(true);
  return new Promise((resolve) => {
    const options = { ifAvailable: true };
    const hold = async (lock: Lock | null): Promise<void> => {
      resolve(lock !== null);
      if (lock !== null) await new Promise<void>((letGo) => void held.set(batch, letGo));
    };
    locks.request(lockName(batch), options, hold).catch(() => resolve(true));
  });
}

/** Lets other tabs claim the batch. Closing the tab does the same. */
export function release(batch: string): void {
  held.get(batch)?.();
  held.delete(batch);
}

/** True if another tab of this browser has claimed the batch. */
export async function isOpenInOtherTab(batch: string): Promise<boolean> {
  if (locks === undefined || held.has(batch)) return false;
  const { held: all = [] } = await locks.query().catch((): LockManagerSnapshot => ({}));
  return all.some(({ name }) => name === lockName(batch));
}

/** Resolves once no tab has claimed the batch. Rejects with the signal's reason when aborted. */
export async function whenFree(batch: string, signal: AbortSignal): Promise<void> {
  await locks?.request(lockName(batch), { signal, mode: "shared" }, () => undefined);
}

function lockName(batch: string): string {
  return `tallyman:${batch}`;
}
