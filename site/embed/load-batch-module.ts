import { signal } from "@preact/signals";
import { surface } from "../../client/surface.ts";
import { isThrownByScript } from "../../client/thrown-by-script.ts";
import type { BatchModule } from "./batch-module.tsx";

/** `failed`: the last attempt failed. The next call of `loadBatchModule` starts another one. */
export type LoadState = "idle" | "loading" | "failed" | "loaded";

/** The state of the batch module, which all elements of a document share. */
export const loadState = signal<LoadState>("idle");

const URL_OF_MODULE = new URL("./batch-module.tsx", import.meta.url).href;
let provide: (module: BatchModule) => void;
const provided = new Promise<BatchModule>((resolve) => (provide = resolve));
let attempts = 0;

/**
 * Loads the batch module: the code that sends and shows a batch. Not part of `/embed.js`, because most
 * visitors of a page never upload anything.
 *
 * @returns the module; stays pending while it cannot be loaded
 */
export function loadBatchModule(): Promise<BatchModule> {
  if (loadState.peek() === "idle" || loadState.peek() === "failed") void attempt();
  return provided;
}

/** Called by the batch module itself, once it runs. */
export function provideBatchModule(module: BatchModule): void {
  loadState.value = "loaded";
  provide(module);
}

async function attempt(): Promise<void> {
  const url = nextUrl();
  const load = (): Promise<unknown> => import(/* @vite-ignore */ url);
  loadState.value = "loading";
  await load().catch(async (error: unknown) => {
    loadState.value = "failed";
    addEventListener("online", () => void loadBatchModule(), { once: true });
    if (await isThrownByScript(load, error)) surface(error);
  });
}

/**
 * Returns the module's URL, a different one for each attempt: browsers that cache a failed import
 * (https://github.com/whatwg/html/issues/6768) never request the same URL again.
 */
function nextUrl(): string {
  const query = attempts === 0 ? "" : `?attempt=${attempts}`;
  attempts += 1;
  return URL_OF_MODULE + query;
}
