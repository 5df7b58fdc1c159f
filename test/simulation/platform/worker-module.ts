/** The exports of a Worker that the platform uses. */
export interface WorkerModule {
  default: { fetch: (request: Request, env: object, context: object) => Promise<Response> };
  Batch: ObjectClass;
  Owner: ObjectClass;
}

export interface ObjectClass {
  new (state: object, env: object): DurableObject;
  readonly prototype: object;
}

/** The methods that the platform calls by itself. All others are called by name. */
export interface DurableObject {
  fetch: (request: Request) => Response | Promise<Response>;
  alarm?: () => Promise<void>;
  webSocketMessage?: (socket: object, message: string) => void;
}

/** @throws TypeError if an export is missing */
export async function loadWorker(): Promise<WorkerModule> {
  // A dynamic import hides its types, which belong to workerd. worker/tsconfig.json checks them.
  const { href } = new URL("../../../worker/index.ts", import.meta.url);
  const loaded: unknown = await import(href);
  if (isWorkerModule(loaded)) return loaded;
  throw new TypeError("worker/index.ts does not export a fetch handler, Batch and Owner.");
}

function isWorkerModule(value: unknown): value is WorkerModule {
  if (typeof value !== "object" || value === null) return false;
  return "default" in value && hasClass(value, "Batch") && hasClass(value, "Owner");
}

function hasClass(module: object, name: string): boolean {
  return typeof Reflect.get(module, name) === "function";
}
