import { SHEET_BYTES } from "../../protocol/index.ts";
import { retryTransient } from "../../storage/retry.ts";
import { deleteStored } from "../../storage/objects.ts";
import { putSheet } from "../../storage/sheets.ts";
import { entityTags } from "../download/conditions.ts";
import type { AppContext } from "../context.ts";
import { ProblemError } from "../http/problem.ts";
import { GrowableBuffer } from "../streams/buffer.ts";
import { requireSheet } from "./sheet-head.ts";

/**
 * Stores the body as a contact sheet of the batch.
 *
 * @returns its etag without quotes
 * @throws ProblemError `too_large`, `type_refused`, `storage_failed`, and the refusals of the Batch
 */
export async function receiveSheet(c: AppContext, sheet: number): Promise<string> {
  const { batch } = c.var;
  const by = crypto.randomUUID();
  const bytes = await readSheet(c);
  const { key } = await batch.admitSheet(sheet, by, conditionOf(c));
  const { BUCKET } = c.env;
  const etag = await putSheet(BUCKET, key, bytes).catch(async (error: unknown) => {
    await batch.recordSheet(sheet, by, null);
    throw error;
  });
  try {
    await batch.recordSheet(sheet, by, etag);
  } catch (error) {
    // Nothing lists it, so nothing would delete it before the batch is deleted.
    await retryTransient(() => deleteStored(BUCKET, { key, etag }));
    throw error;
  }
  return etag;
}

async function readSheet(c: AppContext): Promise<Uint8Array> {
  const { body } = c.var;
  if ((body.length ?? 0) > SHEET_BYTES) throw tooLarge();
  const buffer = new GrowableBuffer(body.memory, { expected: body.length ?? 0, max: SHEET_BYTES });
  for await (const chunk of body.chunks()) {
    if (buffer.length + chunk.length > SHEET_BYTES) throw tooLarge();
    buffer.add(chunk);
  }
  requireSheet(buffer.peek(SHEET_BYTES));
  // Released at the end of the request.
  return buffer.take().bytes;
}

function conditionOf(c: AppContext) {
  const [match, noneMatch] = ["If-Match", "If-None-Match"].map((name) => c.req.header(name));
  return {
    ...(match !== undefined && { match: entityTags(match) }),
    ...(noneMatch !== undefined && { noneMatch: entityTags(noneMatch) }),
  };
}

function tooLarge(): ProblemError {
  const detail = `The contact sheet is too large; send at most ${SHEET_BYTES} bytes.`;
  return new ProblemError("too_large", detail);
}
