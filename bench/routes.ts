import { pipeline, Transform } from "node:stream";
import { TcpProxy } from "../test/support/tcp-proxy.ts";

/** The way of requests to a Worker. */
export interface Route {
  /** Latency that is added to a round trip, in ms. */
  roundTripMs: number;
  /**
   * Connects to a socket of the Worker, instead of the address of Miniflare, whose own Worker passes
   * each request on.
   */
  isDirect: boolean;
}

/** Through Miniflare, as in `wrangler dev` and in tests. */
export const NEAR: Route = { roundTripMs: 0, isDirect: false };
/** Through Miniflare, with the latency between a home and the nearest location of Cloudflare. */
export const DISTANT: Route = { roundTripMs: 20, isDirect: false };
/** To a socket of the Worker. */
export const DIRECT: Route = { roundTripMs: 0, isDirect: true };

/** Starts a proxy in front of a server that delays every byte by half a round trip. */
export function startLatencyProxy(origin: string, roundTripMs: number): Promise<TcpProxy> {
  return TcpProxy.listen(origin, (client, connectToTarget) => {
    const server = connectToTarget();
    // `pipeline` destroys both sockets when one of them fails.
    pipeline(client, delay(roundTripMs / 2), server, ignore);
    pipeline(server, delay(roundTripMs / 2), client, ignore);
  });
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

function ignore(): void {}

/**
 * Starts a proxy in front of a server that receives bytes at a limited rate, shared by all connections.
 *
 * @param bytesPerSecond returns the rate at this moment
 */
export function startLink(origin: string, bytesPerSecond: () => number): Promise<TcpProxy> {
  const link = { freeAt: 0, bytesPerSecond };
  return TcpProxy.listen(origin, (client, connectToTarget) => {
    const server = connectToTarget();
    pipeline(client, sharing(link), server, ignore);
    pipeline(server, client, ignore);
  });
}

/** Passes a chunk on once the link has carried it, and only then takes the next one. */
function sharing(link: { freeAt: number; bytesPerSecond: () => number }): Transform {
  return new Transform({
    transform(chunk: Buffer, _encoding, next) {
      const now = performance.now();
      const ms = (chunk.length * 1000) / link.bytesPerSecond();
      link.freeAt = Math.max(now, link.freeAt) + ms;
      setTimeout(() => next(null, chunk), link.freeAt - now);
    },
  });
}
