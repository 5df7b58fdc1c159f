import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test as base } from "vitest";
import type { Source } from "../../client/index.ts";
import { RestartableWorker } from "../crash/restartable-worker.ts";
import { freePort } from "../../client/testing/free-port.ts";
import { HttpProxy } from "../support/middleboxes/http-proxy.ts";
import { ObservedUpload } from "./observed-upload.ts";

const EACH_FILE = { scope: "file" } as const;

/** A test with the Worker, a proxy in front of it, and uploads through the proxy. */
export const test = base
  .extend("state", EACH_FILE, async ({}, { onCleanup }) => {
    const state = await mkdtemp(join(tmpdir(), "tallyman-networks-"));
    onCleanup(() => rm(state, { recursive: true, force: true }));
    return state;
  })
  /** Origin of the Worker, which serves all tests of a file. */
  .extend("origin", EACH_FILE, async ({ state }, { onCleanup }) => {
    const worker = await RestartableWorker.build(state, await freePort());
    const server = await worker.start();
    onCleanup(() => server.end("SIGTERM"));
    return server.origin;
  })
  .extend("proxy", async ({ origin }, { onCleanup }) => {
    const proxy = await HttpProxy.listen(origin);
    onCleanup(() => proxy.close());
    return proxy;
  })
  /** Starts an upload through the proxy. */
  .extend("upload", ({ origin, proxy }, { onCleanup }) => {
    const running: ObservedUpload[] = [];
    onCleanup(() => {
      for (const { uploader } of running) uploader.dispose();
    });
    return (sources: readonly Source[]) => {
      const upload = new ObservedUpload(origin, { endpoint: proxy.origin });
      running.push(upload);
      upload.uploader.add(sources);
      return upload;
    };
  });
