/** The Worker as a platform knows it: it runs any that exports these. */
export interface WorkerModule {
  default: { fetch: (request: Request, env: object, context: object) => Promise<Response> };
  Batch: ObjectClass;
  Owner: ObjectClass;
}

export interface ObjectClass {
  new (state: object, env: object): DurableObject;
  readonly prototype: object;
}

/** What the platform itself calls of a Durable Object; its other methods are called by name. */
export interface DurableObject {
  fetch: (request: Request) => Response | Promise<Response>;
  alarm?: () => Promise<void>;
  webSocketMessage?: (socket: object, message: string) => void;
}

/** @throws TypeError where the module exports something else */
export async function loadWorker(): Promise<WorkerModule> {
  // Its types are those of another platform than this test's: they are checked over there.
  const { href } = new URL("../../../worker/index.ts", import.meta.url);
  const loaded: unknown = await import(href);
  if (isWorkerModule(loaded)) return loaded;
  throw new TypeError("worker/index.ts exports no fetch handler, or not both objects.");
}

function isWorkerModule(value: unknown): value is WorkerModule {
  if (typeof value !== "object" || value === null) return false;
  return "default" in value && hasClass(value, "Batch") && hasClass(value, "Owner");
}

function hasClass(module: object, name: string): boolean {
  return typeof Reflect.get(module, name) === "function";
}
