import * as v from "valibot";
import type { Frame, Row } from "../../protocol/index.ts";

const FrameText = v.pipe(
  v.string(),
  v.parseJson(),
  v.custom<Frame>((frame) => v.is(v.object({ event: v.string(), rev: v.number() }), frame)),
);

/** Looks at one thing, 5 ms apart: two minutes. */
const LOOKS = 24_000;

/**
 * Resolves with the result of `look` once there is one. Vitest's own `waitUntil` advances the fake clock,
 * also that of a later test if the result is no longer waited for.
 */
export async function eventually<T>(look: () => T | undefined): Promise<T> {
  for (let looks = 0; looks < LOOKS; looks++) {
    const found = look();
    if (found !== undefined && found !== false) return found;
    await scheduler.wait(5);
  }
  throw new Error("It never happened.");
}

/** A watcher's socket and the frames that it received. */
export class TestWatcher {
  readonly frames: Frame[] = [];
  /** Received messages other than frames. */
  readonly texts: string[] = [];
  closeCode: number | null = null;
  readonly #socket: WebSocket;

  constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.addEventListener("message", ({ data }) => this.#take(String(data)));
    socket.addEventListener("close", ({ code }) => void (this.closeCode = code));
    socket.accept();
  }

  /** Returns the rows of all frames of an event, in order. */
  rows(event: "snapshot" | "uploadProgress"): Row[] {
    return this.frames.flatMap((frame) => (frame.event === event ? frame.files : []));
  }

  /** Resolves with the first frame of an event. */
  next(event: Frame["event"]): Promise<Frame> {
    return eventually(() => this.frames.find((frame) => frame.event === event));
  }

  /** Clears the received messages. */
  clear(): void {
    this.frames.length = this.texts.length = 0;
  }

  send(text: string | Uint8Array): void {
    this.#socket.send(text);
  }

  close(): void {
    this.#socket.close();
  }

  #take(text: string): void {
    if (!text.startsWith("{")) return void this.texts.push(text);
    this.frames.push(v.parse(FrameText, text));
  }
}
