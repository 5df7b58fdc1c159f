import * as v from "valibot";
import { vi } from "vitest";
import type { Frame, Row } from "../../protocol/index.ts";

const FrameText = v.pipe(
  v.string(),
  v.parseJson(),
  v.custom<Frame>((frame) => v.is(v.object({ event: v.string(), rev: v.number() }), frame)),
);

/** Resolves with the result of `look` once it is truthy. */
export function eventually<T>(look: () => T) {
  return vi.waitUntil(look, { interval: 5, timeout: 120_000 });
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
