import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "vitest";
import type { BatchApi } from "../../client/api/batch-api.ts";
import type { BatchResource, CreatedBatch, FileResource } from "../../protocol/index.ts";
import {
  BatchRequests,
  createBatch,
  type Send,
  type TestFile,
} from "../../worker/testing/batch-requests.ts";
import { expectedTotals } from "../../worker/testing/tally.ts";

export { readProblem } from "../../worker/testing/batch-requests.ts";

const RETRIES = 50;
const RETRY_MS = 200;

/** One batch on a server that the test has started. */
export class TestBatch extends BatchRequests {
  readonly origin: string;

  private constructor(origin: string, created: CreatedBatch) {
    super(created, sendTo(origin));
    this.origin = origin;
  }

  /**
   * Creates a batch that takes more files until it is sealed.
   *
   * @param files declarations, or sizes in bytes
   */
  static async create(origin: string, files: readonly (TestFile | number)[]): Promise<TestBatch> {
    return new TestBatch(origin, await createBatch(sendTo(origin), files, { sealed: false }));
  }

  /**
   * Returns the same batch on a server that was started again.
   *
   * @param tokens tokens that the server accepts, if those of the batch are of an earlier version
   */
  on(origin: string, tokens = this.created.tokens): TestBatch {
    return new TestBatch(origin, { ...this.created, tokens });
  }

  /** Returns the batch's status and its first 1,000 files, both as of one rev. */
  async whole(): Promise<{ status: BatchResource; files: FileResource[] }> {
    const [status, { rev, files }] = [await this.status(), await this.filePage()];
    return status.rev === rev ? { status, files } : this.whole();
  }
}

/**
 * Returns a function that sends requests to a server, and repeats those that never reached the
 * Worker: `wrangler dev` answers 503 in its place while it restarts.
 */
function sendTo(origin: string): Send {
  return async (path, init) => {
    for (let retries = 0; ; retries++) {
      const response = await fetch(`${origin}${path}`, init);
      if (retries === RETRIES || !isFromWrangler(response)) return response;
      await response.body?.cancel();
      await sleep(RETRY_MS);
    }
  };
}

/** True if the response is the 503 of `wrangler dev`, and not a problem of the Worker's. */
function isFromWrangler({ status, headers }: Response): boolean {
  return status === 503 && headers.get("Content-Type") !== "application/problem+json";
}

/** Checks that the batch's totals are the sums over its files. Returns the files. */
export async function expectTrueTally(batch: TestBatch): Promise<FileResource[]> {
  const { status, files } = await batch.whole();
  expect(status).toMatchObject(expectedTotals(files));
  return files;
}

/** Returns the stored ones of the batch's first 1,000 files. */
export async function storedIn(batch: BatchApi): Promise<FileResource[]> {
  const { files } = await batch.files(null);
  return files.filter(({ state }) => state === "completed");
}
