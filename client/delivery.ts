import type { BatchApi } from "./api.ts";
import { readAnswer, type Answer } from "./answers.ts";
import { bundleBody, wholeBody, type Body } from "./bundle-body.ts";
import type { Ledger } from "./ledger.ts";
import type { PlannedRequest } from "./planner.ts";
import { ProblemError } from "./problems.ts";
import { isFile, isReceipt } from "./shapes.ts";
import { StallGuard } from "./stall.ts";
import { transport, type UploadRequest } from "./transport.ts";
import {
  verdictOfFile,
  verdictOfProblem,
  verdictsOfReceipt,
  type Verdict,
  type Verdicts,
} from "./verdict.ts";

/** What a delivery needs to know and to tell. */
export interface DeliveryContext {
  api: BatchApi;
  ledger: Ledger;
  blobOf: (id: number) => Blob;
  /** Bytes of these files went out; the ledger knows how many. */
  onSent: (files: ReadonlySet<number>) => void;
}

/**
 * Sends one planned request, once, and judges what is to become of each of its files.
 *
 * @throws the signal's reason, and nothing else
 */
export async function deliver(
  request: PlannedRequest,
  context: DeliveryContext,
  signal: AbortSignal,
): Promise<Verdicts> {
  try {
    return judge(request, await send(request, context, signal));
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error;
    const verdict = verdictOfProblem(error);
    const verdicts = new Map(request.files.map((id) => [id, verdict]));
    if (error.code !== "connection_failed") return verdicts;
    return new Map([...verdicts, ...(await verdictsOfUnreadable(request.files, context))]);
  }
}

async function send(
  planned: PlannedRequest,
  context: DeliveryContext,
  signal: AbortSignal,
): Promise<Answer> {
  const body = bodyOf(planned, context);
  const guard = new StallGuard(signal);
  const onSent = (bytes: number) => {
    guard.moved();
    countSent(body, bytes, context);
  };
  try {
    return await transport(requestOf(planned, body, context.api), onSent, guard.signal);
  } finally {
    guard.end();
  }
}

function bodyOf({ kind, files }: PlannedRequest, { blobOf, ledger }: DeliveryContext): Body {
  if (kind === "bundle") return bundleBody(files.map((id) => ({ id, blob: blobOf(id) })));
  const [id] = files;
  return wholeBody(id, blobOf(id), ledger.type(id));
}

function requestOf({ kind, files }: PlannedRequest, body: Body, api: BatchApi): UploadRequest {
  const headers = { ...api.authorization, "content-type": body.contentType };
  if (kind === "bundle") return { method: "POST", url: api.bundleUrl, headers, body: body.blob };
  return { method: "PUT", url: api.fileUrl(files[0]), headers, body: body.blob };
}

function countSent(body: Body, bytes: number, { ledger, onSent }: DeliveryContext): void {
  const changed = new Set<number>();
  body.layout.advance(bytes, (id, sent) => {
    ledger.setSent(id, sent);
    changed.add(id);
  });
  if (changed.size > 0) onSent(changed);
}

function judge({ kind, files }: PlannedRequest, answer: Answer): Verdicts {
  if (kind === "bundle") return verdictsOfReceipt(readAnswer(answer, isReceipt), files);
  return new Map([[files[0], verdictOfFile(readAnswer(answer, isFile))]]);
}

/**
 * A file that was changed or deleted after it was chosen breaks the connection of a whole bundle,
 * and must not do so again.
 */
async function verdictsOfUnreadable(
  files: readonly number[],
  { ledger, blobOf }: DeliveryContext,
): Promise<Verdicts> {
  const waiting = files.filter((id) => !ledger.hasArrived(id));
  const readable = await Promise.all(waiting.map((id) => isReadable(blobOf(id))));
  const unreadable = waiting.filter((_, index) => readable[index] === false);
  return new Map(unreadable.map((id) => [id, UNREADABLE]));
}

const UNREADABLE: Verdict = verdictOfProblem(
  new ProblemError({
    code: "file_unreadable",
    detail: "The file was changed, moved or deleted after it was chosen.",
  }),
);

async function isReadable(blob: Blob): Promise<boolean> {
  try {
    await blob.slice(0, 1).arrayBuffer();
    return true;
  } catch {
    return false;
  }
}
