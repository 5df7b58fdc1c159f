import type { Core } from "./core.ts";
import type { Timers } from "./time/timers.ts";

/** What the replaced globals reach for: they are replaced once, and many lives are lived. */
export interface Stage extends Core {
  timers: Timers;
  /** `fetch` and `WebSocket`, as a page has them. */
  fetch: typeof fetch;
  connect: (url: string, socket: PageSocketEvents) => PageSocketWire;
  /** Nobody has caught what some code threw. */
  uncaught: (error: unknown) => void;
  /** What somebody wrote on the console. */
  log: (text: string) => void;
}

/** What a page's WebSocket is told. */
export interface PageSocketEvents {
  onOpen: () => void;
  onMessage: (text: string) => void;
  onClose: (code: number, reason: string) => void;
}

/** What a page's WebSocket can do. */
export interface PageSocketWire {
  send: (text: string) => void;
  close: (code: number, reason: string) => void;
}

let current: Stage | null = null;

export function enterStage(next: Stage): void {
  current = next;
}

/** @throws Error between two lives: then nothing may run that asks the time */
export function stage(): Stage {
  if (current) return current;
  throw new Error("No life is being lived.");
}
