import { EventStream } from "./event-stream.ts";

/**
 * Returns the class of event streams. `#event-stream` is this module, unless the build loads it on demand:
 * as scripts of their own, the class and what it shares with others take more than its size.
 */
export function loadEventStream(): Promise<typeof EventStream> {
  return Promise.resolve(EventStream);
}
