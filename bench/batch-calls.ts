/** Counts the calls to Batch objects that Tallyman's responses took. */
export class BatchCallCounter {
  /** Calls so far. */
  count = 0;

  /** Counts the calls of every response that this process receives from now on. */
  constructor() {
    const send = globalThis.fetch;
    globalThis.fetch = async (...request) => {
      const response = await send(...request);
      this.count += batchCalls(response);
      return response;
    };
  }
}

/** Returns the calls to Batch objects that a response took (`Server-Timing: batch;desc="2"`). */
export function batchCalls(response: Response): number {
  const timing = response.headers.get("Server-Timing") ?? "";
  return Number(/batch;desc="(\d+)"/u.exec(timing)?.[1] ?? 0);
}
