import type { EventStream } from "./event-stream.ts";

/** Loads the code on demand: few networks block sockets, and the page's script has a limit. */
export async function loadEventStream(): Promise<typeof EventStream> {
  return (await import("./event-stream.ts")).EventStream;
}
