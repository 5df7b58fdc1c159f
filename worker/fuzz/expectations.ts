import { expect } from "vitest";
import { PROBLEM_ANSWERS } from "../../protocol/index.ts";
import { readProblem, type TestBatch } from "../testing/batch.ts";
import { expectedTotals } from "../testing/tally.ts";

/** A request that takes longer hangs. */
const TIMEOUT_MS = 30_000;

export async function withTimeout<T>(work: Promise<T>, what: string): Promise<T> {
  const { promise: hung, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`${what} hangs.`)), TIMEOUT_MS);
  return Promise.race([work, hung]).finally(() => clearTimeout(timer));
}

/**
 * Expects a response that docs/protocol.md allows: no 5xx, each refusal a problem with its code and
 * status, and nothing that caches store or browsers render.
 */
export async function expectValidResponse(response: Response, method: string): Promise<void> {
  expect(response.status).toBeLessThan(500);
  if (response.webSocket) return closeSocket(response.webSocket);
  expect(response.headers.get("Cache-Control")).toMatch(/no-store|private|max-age=0/u);
  expect(response.headers.get("X-Content-Type-Options")).toBe("nosniff");
  expect(response.headers.get("Content-Security-Policy")).toContain("default-src 'none'");
  expect(response.headers.get("Referrer-Policy")).toBe("no-referrer");
  if (response.status >= 400 && method !== "HEAD") {
    const { code, status, detail } = await readProblem(response);
    expect(PROBLEM_ANSWERS).toHaveProperty(code, expect.objectContaining({ status }));
    expect(detail).toMatch(/\S.*\.$/su);
    expect(detail).not.toContain("eyJ");
  } else if (response.headers.get("Content-Type")?.startsWith("text/event-stream")) {
    await response.body?.cancel();
  } else await response.arrayBuffer();
}

async function closeSocket(socket: WebSocket): Promise<void> {
  const closed = new Promise((resolve) => socket.addEventListener("close", resolve));
  socket.accept();
  socket.close();
  await closed;
}

/** Expects that a batch's totals match its files, and that its numbers are valid. */
export async function expectConsistentBatch(batch: TestBatch): Promise<void> {
  const [status, files] = [await batch.status(), await batch.files()];
  expect(status).toMatchObject(expectedTotals(files));
  for (const file of files) {
    const numbers = [file.size, file.receivedBytes, file.attempts, file.progress];
    expect(
      numbers.every((value) => Number.isSafeInteger(value) && value >= 0),
      "counts",
    ).toBe(true);
    for (const pixels of [file.width, file.height]) {
      if (pixels !== undefined)
        expect(pixels).toSatisfy((value) => Number.isSafeInteger(value) && value > 0);
    }
  }
}

export async function expectDeleted(batch: TestBatch): Promise<void> {
  expect(await readProblem(await batch.call())).toMatchObject({ code: "batch_not_found" });
}
