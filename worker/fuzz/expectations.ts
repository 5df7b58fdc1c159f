import { expect } from "vitest";
import { PROBLEM_ANSWERS } from "../../protocol/index.ts";
import { readProblem, type TestBatch } from "../testing/batch.ts";
import { expectedTotals } from "../testing/tally.ts";

/** What takes longer hangs. */
const PATIENCE_MS = 30_000;

export async function withTimeout<T>(work: Promise<T>, what: string): Promise<T> {
  const { promise: hung, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`${what} hangs.`)), PATIENCE_MS);
  return Promise.race([work, hung]).finally(() => clearTimeout(timer));
}

/**
 * Whatever was asked, the answer is one that docs/protocol.md has: no 5xx, each refusal a problem
 * with its code and status, and nothing that a cache keeps or a browser renders.
 */
export async function expectValidResponse(answer: Response, method: string): Promise<void> {
  expect(answer.status).toBeLessThan(500);
  if (answer.webSocket) return closeSocket(answer.webSocket);
  expect(answer.headers.get("Cache-Control")).toMatch(/no-store|private|max-age=0/u);
  expect(answer.headers.get("X-Content-Type-Options")).toBe("nosniff");
  expect(answer.headers.get("Content-Security-Policy")).toContain("default-src 'none'");
  expect(answer.headers.get("Referrer-Policy")).toBe("no-referrer");
  if (answer.status >= 400 && answer.status !== 412 && method !== "HEAD") {
    const { code, status, detail } = await readProblem(answer);
    expect(PROBLEM_ANSWERS).toHaveProperty(code, expect.objectContaining({ status }));
    expect(detail).toMatch(/\S.*\.$/su);
    expect(detail).not.toContain("eyJ");
  } else if (answer.headers.get("Content-Type")?.startsWith("text/event-stream")) {
    await answer.body?.cancel();
  } else await answer.arrayBuffer();
}

async function closeSocket(socket: WebSocket): Promise<void> {
  const closed = new Promise((resolve) => socket.addEventListener("close", resolve));
  socket.accept();
  socket.close();
  await closed;
}

/** What a batch says of itself is true, and of the shape that clients lean on. */
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
