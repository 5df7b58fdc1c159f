/** A request's body as it arrives at the Worker. */
export class RequestBody {
  readonly body: ReadableStream<Uint8Array>;
  #controller: ReadableByteStreamController | null = null;
  #isOver = false;

  constructor() {
    this.body = new ReadableStream({
      type: "bytes",
      start: (controller) => {
        this.#controller = controller;
      },
      // Whoever reads it has given it up: what still comes is not kept.
      cancel: () => {
        this.#isOver = true;
      },
    });
  }

  add(bytes: Uint8Array<ArrayBuffer>): void {
    if (!this.#isOver) this.#controller?.enqueue(bytes);
  }

  end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#controller?.close();
    // A read that waits for bytes is answered only so.
    this.#controller?.byobRequest?.respond(0);
  }

  break(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#controller?.error(new TypeError("Network connection lost."));
  }
}
