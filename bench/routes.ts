/** How a request gets to a Worker. */
export interface Route {
  /** From the client to the server and back, besides what the machine itself takes. */
  roundTripMs: number;
  /**
   * Past Miniflare's own Worker, which stands before all others and hands each request on, at a socket
   * of each Worker's own?
   */
  isDirect: boolean;
}

/** As developers reach them, with `wrangler dev` and in tests. */
export const NEAR: Route = { roundTripMs: 0, isDirect: false };
/** As from a home to the nearest edge: nobody uploads to their own machine. */
export const DISTANT: Route = { roundTripMs: 20, isDirect: false };
/** With nothing between client and Worker. */
export const DIRECT: Route = { roundTripMs: 0, isDirect: true };
