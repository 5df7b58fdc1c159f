import { CompactSign } from "jose";
import type { ReceiptLine, ReceiptPage } from "../../durable-objects/index.ts";
import { PAGE_ROWS, type Receipt, type ReceiptFile } from "../../protocol/index.ts";
import { partsDigest } from "../../storage/digests.ts";
import type { BatchClient } from "../batches/batch-client.ts";
import type { ReceiptKeys } from "./keys.ts";

const encoder = new TextEncoder();

/**
 * Returns the receipt of a completed batch as lines of JSON. Each page of files is read when the client
 * has taken the one before, so the memory does not grow with the batch. If a file is deleted or retried
 * meanwhile, the stream breaks off: no receipt mixes two states.
 *
 * @throws ProblemError `not_completed`
 */
export async function receiptStream(
  batch: BatchClient,
  keys: ReceiptKeys,
): Promise<ReadableStream<Uint8Array>> {
  const first = await batch.receipt({ after: -1, limit: PAGE_ROWS });
  return streamOf(receiptLines(batch, first, keys));
}

/** Reads nothing ahead: `HEAD` has no body, and a page is read for a client that takes it. */
function streamOf(chunks: AsyncGenerator<Uint8Array, void>): ReadableStream<Uint8Array> {
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const { done, value } = await chunks.next();
        if (done) controller.close();
        else controller.enqueue(value);
      },
      async cancel() {
        await chunks.return();
      },
    },
    { highWaterMark: 0 },
  );
}

async function* receiptLines(
  batch: BatchClient,
  first: ReceiptPage,
  keys: ReceiptKeys,
): AsyncGenerator<Uint8Array, void> {
  const hash = new crypto.DigestStream("SHA-256");
  const writer = hash.getWriter();
  const totals = { files: 0, bytes: 0 };
  for await (const files of pagesOf(batch, first)) {
    const lines = encodeLines(files);
    await writer.write(lines);
    totals.files += files.length;
    totals.bytes += completedBytes(files);
    yield lines;
  }
  await writer.close();
  const sha256 = new Uint8Array(await hash.digest).toHex();
  const { rev, completedAt } = first;
  const receipt: Receipt = { batch: batch.id, rev, ...totals, completedAt, sha256 };
  yield encodeLines([{ receipt, jws: await sign(receipt, keys) }]);
}

async function* pagesOf(
  batch: BatchClient,
  first: ReceiptPage,
): AsyncGenerator<ReceiptFile[], void> {
  let page = first;
  for (;;) {
    if (page.rev !== first.rev) throw new Error("The batch changed while its receipt was sent.");
    if (page.files.length > 0) yield await Promise.all(page.files.map(withDigest));
    if (page.next === null) return;
    page = await batch.receipt({ after: page.next, limit: PAGE_ROWS });
  }
}

/** The Batch computes no digests, because it is synchronous and WebCrypto is not. */
async function withDigest({ digests, ...file }: ReceiptLine): Promise<ReceiptFile> {
  return digests ? { ...file, partsDigest: await partsDigest(digests) } : file;
}

function encodeLines(values: readonly object[]): Uint8Array {
  return encoder.encode(values.map((value) => `${JSON.stringify(value)}\n`).join(""));
}

function completedBytes(files: readonly ReceiptFile[]): number {
  return files.reduce((sum, { state, size }) => sum + (state === "completed" ? size : 0), 0);
}

/** An Ed25519 signature has no random part, so equal receipts have equal signatures. */
function sign(receipt: Receipt, { signer, published: [{ alg, kid }] }: ReceiptKeys) {
  return new CompactSign(encoder.encode(JSON.stringify(receipt)))
    .setProtectedHeader({ alg, kid })
    .sign(signer);
}
