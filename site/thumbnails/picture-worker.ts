import type { DrawnPicture, EncodedSheet, PictureRequest, PictureResponse } from "./messages.ts";

type Task = PictureRequest["task"];
type ResponseTo<T extends Task> = T extends "draw"
  ? DrawnPicture
  : T extends "encode"
    ? EncodedSheet
    : PictureResponse;

/**
 * The worker that draws the pictures of one batch, started by its first request. If it fails, requests
 * get no response: the page works without pictures.
 */
export class PictureWorker {
  readonly #make: () => Worker;
  #worker: Worker | null = null;
  /** Handlers of the responses to come, in the order of the requests. */
  readonly #waiting: ((response: PictureResponse) => void)[] = [];

  constructor(make = startWorker) {
    this.#make = make;
  }

  /** Sends a request, and resolves with its response. */
  request<T extends Task>(request: PictureRequest & { task: T }): Promise<ResponseTo<T>>;
  request(request: PictureRequest): Promise<PictureResponse> {
    this.#worker ??= this.#start();
    this.#worker.postMessage(request, []);
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  dispose(): void {
    this.#worker?.terminate();
    this.#waiting.length = 0;
  }

  #start(): Worker {
    const worker = this.#make();
    worker.onmessage = ({ data }: MessageEvent<PictureResponse>) => this.#waiting.shift()?.(data);
    worker.onerror = () => {
      worker.terminate();
      // Its script may be missing after a deployment, like those of `import()`, which Vite reports.
      dispatchEvent(new Event("vite:preloadError"));
    };
    return worker;
  }
}

function startWorker(): Worker {
  return new Worker(new URL("worker.ts", import.meta.url), { type: "module" });
}
