import { once } from "node:events";
import { connect, createServer, type Server } from "node:net";
import { pipeline, Transform } from "node:stream";

/** A way to a server on which every byte takes its time. */
export interface LatencyProxy {
  origin: string;
  close(): Promise<void>;
}

/**
 * Lays a line before a server: what it is sent, and what it answers, arrives half a round trip later.
 *
 * @param to the server's origin
 * @param roundTripMs of the line alone
 */
export async function startLatencyProxy(to: string, roundTripMs: number): Promise<LatencyProxy> {
  const { hostname, port } = new URL(to);
  const server = createServer((near) => {
    const far = connect(Number(port), hostname);
    // A connection that breaks at one end breaks at the other: there is nobody else to tell.
    pipeline(near, delay(roundTripMs / 2), far, ignore);
    pipeline(far, delay(roundTripMs / 2), near, ignore);
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("The line has no port.");
  return { origin: `http://127.0.0.1:${address.port}`, close: () => close(server) };
}

function delay(ms: number): Transform {
  return new Transform({
    transform(chunk, _encoding, next) {
      setTimeout(() => this.push(chunk), ms);
      next();
    },
    flush: (done) => void setTimeout(done, ms),
  });
}

async function close(server: Server): Promise<void> {
  const closed = once(server, "close");
  server.close();
  await closed;
}

function ignore(): void {}
