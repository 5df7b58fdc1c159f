import { expect, test } from "vitest";
import { uploadWatched } from "../bench/tallyman.ts";
import { makeFiles } from "../bench/workloads.ts";
import { cleanUpAfterAll } from "./support/cleanup.ts";
import { startedWorkers } from "./support/started-workers.ts";
import { createTarget, MEMORY_ATTACKS } from "./support/memory-attacks.ts";

const cleanUp = cleanUpAfterAll();

const REQUESTS = 12;

test.each(MEMORY_ATTACKS.filter(({ room }) => room !== undefined))(
  "the others are refused for a while, and an upload completes, beside $name",
  async ({ room = 0, name, open }) => {
    // An isolate of its own: the memory of requests that another test has cut is freed some time later.
    const { origins } = await startedWorkers(cleanUp);
    const origin = origins.tallyman;
    const batch = await createTarget(origin);
    const responses: string[] = [];
    const requests = await Promise.all(
      Array.from({ length: REQUESTS }, async (_, index) => {
        const request = await open(batch, index);
        void request.head.then((head) => head !== null && responses.push(head));
        return request;
      }),
    );
    // On a busy machine, one more may be refused while the memory of another is being released.
    await expect.poll(() => responses.length).toBeGreaterThanOrEqual(REQUESTS - room);
    // There, opening all of them may also take longer than the first ones may send nothing.
    const others = responses.filter((response) => !response.startsWith("HTTP/1.1 408 "));
    expect(others).not.toEqual([]);
    for (const response of others) {
      expect(response).toMatch(/^HTTP\/1.1 503 /u);
      expect(response).toMatch(/^retry-after: 2\r$/imu);
    }
    await uploadWatched(origin, makeFiles({ prefix: name, files: 20, bytes: 2_000_000 }), 4);
    for (const request of requests) request.cut();
  },
);
