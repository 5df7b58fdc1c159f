import type { WorkerResponse } from "../platform/edge.ts";

/** A request that a middlebox holds, with its whole body. */
interface HeldRequest {
  method: string;
  url: string;
  body: Uint8Array;
}

/** A response in the server's place. */
interface Refusal {
  kind: "respond";
  status: number;
  headers?: Readonly<Record<string, string>>;
}

/** Decision about a held request. */
export type Verdict =
  | Refusal
  | { kind: "reset" }
  /** Its first byte passes after `waitMs`. */
  | { kind: "pass"; waitMs: number; bytesPerSecond: number };

/** A system between a page and the edge. It accepts a request whole, and then decides about it. */
export interface Middlebox {
  name: string;
  judge: (request: HeldRequest) => Verdict;
}

const PASS: Verdict = { kind: "pass", waitMs: 0, bytesPerSecond: Infinity };

/** Gives every request the same verdict: a challenge, a captive portal, a proxy whose server is away. */
export function refuseAll(name: string, verdict: Verdict): Middlebox {
  return { name, judge: () => verdict };
}

/** Refuses bodies of more than `bytes`. */
export function bodyLimit(bytes: number): Middlebox {
  const refused: Verdict = { kind: "respond", status: 413 };
  return {
    name: `a limit of ${bytes} bytes`,
    judge: ({ body }) => (body.length > bytes ? refused : PASS),
  };
}

/** Refuses requests with a file's content. */
export function firewall(content: Uint8Array, refused: Verdict): Middlebox {
  const wanted = Buffer.from(content);
  return {
    name: `a firewall against ${wanted.subarray(0, 8).toString("hex")}`,
    judge: ({ body }) => (Buffer.from(body).includes(wanted) ? refused : PASS),
  };
}

/** Passes bodies on over a slow line, one after the other. @param now returns the time in ms */
export function buffer(bytesPerSecond: number, now: () => number): Middlebox {
  let freeAt = 0;
  return {
    name: `a buffer with ${bytesPerSecond} B/s`,
    judge: ({ body }) => {
      const waitMs = Math.max(0, freeAt - now());
      freeAt = now() + waitMs + (1000 * body.length) / bytesPerSecond;
      return { kind: "pass", waitMs, bytesPerSecond };
    },
  };
}

/** Returns the page that a middlebox responds with. */
export function pageOf({ status, headers = {} }: Refusal): WorkerResponse {
  return {
    status,
    headers: new Headers({ "Content-Type": "text/html", ...headers }),
    text: "<!doctype html><title>Not Tallyman</title>",
    sentAt: Number.NaN,
    socketEnd: null,
  };
}
