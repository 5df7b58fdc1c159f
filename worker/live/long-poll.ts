import type { BatchDetails } from "../../durable-objects/index.ts";
import type { BatchClient } from "../batches/batch-client.ts";
import { isOver, watch } from "./watch.ts";

/** Share of the wait that is left for the way back: clients give up at the time that they name. */
const RESERVE = 0.05;

interface LongPoll {
  batch: BatchClient;
  /** Returns the batch as the caller may see it. */
  read: () => Promise<BatchDetails>;
  since: number;
  seconds: number;
}

/**
 * Returns the batch once its rev exceeds `since` or it is over; after `seconds` as it was at first. The
 * whole call ends in that time, even if the batch's object doesn't respond any more.
 *
 * @param request aborts when the client disconnects
 */
export async function nextStatus(
  { batch, read, since, seconds }: LongPoll,
  request: AbortSignal,
): Promise<BatchDetails> {
  const deadline = AbortSignal.timeout(seconds * 1000 * (1 - RESERVE));
  const known = await read();
  if (known.rev > since || isOver(known.state)) return known;
  const signal = AbortSignal.any([deadline, request]);
  const changed = waitForChange(batch, since, signal).then((hasChanged) =>
    hasChanged ? read() : known,
  );
  return Promise.race([changed, aborted(signal).then(() => known)]);
}

/** Resolves with true once the batch's rev exceeds `since` or its socket ends, with false on abort. */
async function waitForChange(
  batch: BatchClient,
  since: number,
  signal: AbortSignal,
): Promise<boolean> {
  const done = new AbortController();
  await watch(await batch.live(since), AbortSignal.any([done.signal, signal]), ({ rev }) => {
    if (rev > since) done.abort();
  });
  return !signal.aborted;
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener("abort", () => resolve());
  });
}
