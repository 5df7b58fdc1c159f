/** Counts the calls to Batch objects that Tallyman says its answers took (`Server-Timing: batch;desc="2"`). */
export class BatchCallCounter {
  /** Calls so far. */
  count = 0;

  /** Reads every answer that this process gets from now on. */
  constructor() {
    const send = globalThis.fetch;
    globalThis.fetch = async (...request) => {
      const response = await send(...request);
      this.count += callsOf(response.headers.get("server-timing"));
      return response;
    };
  }
}

function callsOf(timing: string | null): number {
  return Number(/batch;desc="(\d+)"/u.exec(timing ?? "")?.[1] ?? 0);
}
