import type { Core } from "./core.ts";
import type { Timers } from "./time/timers.ts";

/**
 * The target of the replaced globals. They are installed once per process, and each simulation enters
 * its own stage.
 */
export interface Stage extends Core {
  timers: Timers;
  /** The `fetch` of a page, or of an object. */
  fetch: typeof fetch;
  /** Connects a page's WebSocket. */
  connect: (url: string, socket: PageSocketEvents) => PageSocketWire;
  /** Receives errors that no code has caught. */
  uncaught: (error: unknown) => void;
  /** Receives the output of the console. */
  log: (text: string) => void;
}

/** The events of a page's WebSocket. */
export interface PageSocketEvents {
  onOpen: () => void;
  onMessage: (text: string) => void;
  onClose: (code: number, reason: string) => void;
}

/** The methods of a page's WebSocket. */
export interface PageSocketWire {
  send: (text: string) => void;
  close: (code: number, reason: string) => void;
}

let current: Stage | null = null;

export function enterStage(next: Stage): void {
  current = next;
}

/** @throws Error before the first simulation, when no code may ask for the time */
export function stage(): Stage {
  if (current) return current;
  throw new Error("No simulation is running.");
}
