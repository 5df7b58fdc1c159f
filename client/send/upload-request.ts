import type { BatchApi } from "../api/batch-api.ts";
import { isFile, isBundleResponse, isSingleFile } from "../api/guards.ts";
import { parseResponse, type HttpResponse } from "../api/request.ts";
import { fileUnreadable, isNoConnection, ProblemError } from "../errors.ts";
import type { Ledger } from "../ledger.ts";
import { transport } from "#transport";
import type { BundlePart, UploadRequest } from "../transport/transport.ts";
import type { TokenBucket } from "./bandwidth.ts";
import { BodyLayout } from "./body-layout.ts";
import {
  outcomeOfFile,
  outcomeOfList,
  outcomeOfPart,
  outcomeOfProblem,
  outcomeOfRepeat,
  outcomesOfBundle,
  type UploadOutcome,
  type UploadOutcomes,
} from "./outcome.ts";
import { type PartDigests, sliceOf } from "./part-digests.ts";
import type { PartRequest, PlannedRequest } from "./planner.ts";
import { StallGuard } from "./stall-guard.ts";
import { UNKNOWN_TYPE } from "../../protocol/index.ts";

/** The files of a batch, and the API that they are sent to. */
export interface SendContext {
  api: BatchApi;
  ledger: Ledger;
  contentOf: (id: number) => Blob;
  digests: PartDigests;
  bandwidth: TokenBucket;
}

/** Progress and cancellation of one request. */
export interface SendOptions {
  /** Called with the bytes that the request has handed to the network, of files that have changed. */
  onSent: (bytes: ReadonlyMap<number, number>) => void;
  signal: AbortSignal;
}

/**
 * Sends a planned request once.
 *
 * @returns the outcome for each of its files, by id
 * @throws only the signal's reason
 */
export async function sendPlanned(
  request: PlannedRequest,
  context: SendContext,
  options: SendOptions,
): Promise<UploadOutcomes> {
  try {
    return await outcomesOf(request, context, options);
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error;
    const outcome = outcomeOfProblem(error);
    const outcomes = new Map(request.files.map((id) => [id, outcome]));
    if (!isNoConnection(error)) return outcomes;
    return new Map([...outcomes, ...(await unreadableFiles(request.files, context))]);
  }
}

async function outcomesOf(
  request: PlannedRequest,
  context: SendContext,
  options: SendOptions,
): Promise<UploadOutcomes> {
  switch (request.kind) {
    case "bundle": {
      const response = await transmit(bundleRequest(request.files, context), context, options);
      return outcomesOfBundle(parseResponse(response, isBundleResponse), request.files);
    }
    case "file": {
      const [id] = request.files;
      const response = await transmit(fileRequest(id, context), context, options);
      return new Map([[id, outcomeOfFile(parseResponse(response, isFile))]]);
    }
    case "part":
      return new Map([[request.files[0], await sendPart(request, context, options)]]);
    case "listParts": {
      const [id] = request.files;
      const file = await context.api.file(id, options.signal);
      context.ledger.setDetails(file);
      return new Map([[id, outcomeOfList(file)]]);
    }
  }
}

async function sendPart(
  request: PartRequest,
  context: SendContext,
  options: SendOptions,
): Promise<UploadOutcome> {
  const {
    files: [id],
    part,
    isRepeat,
  } = request;
  const known = isRepeat && outcomeOfRepeat(await context.api.file(id, options.signal), part);
  if (known) return known;
  const response = await transmit(await partRequest(request, context), context, options);
  const file = parseResponse(response, isSingleFile);
  context.ledger.setDetails(file);
  return outcomeOfPart(file, part);
}

/** An HTTP request, and which bytes of its body belong to which file. */
interface Transmission {
  request: UploadRequest;
  files: readonly number[];
  layout: BodyLayout;
}

function bundleRequest(files: readonly number[], { api, contentOf }: SendContext): Transmission {
  const body = files.map((id) => ({ id, blob: contentOf(id) }));
  const layout = new BodyLayout(body.map(({ id, blob: { size } }) => ({ id, size })));
  const request = { method: "POST", url: api.bundleUrl, headers: api.authorization, body } as const;
  return { request, files, layout };
}

function fileRequest(id: number, context: SendContext): Transmission {
  const { api, contentOf } = context;
  return putRequest(api.fileUrl(id), { id, blob: contentOf(id) }, headersOf(id, context));
}

/** Reads the part, for its digest. @throws ProblemError `file_unreadable` */
async function partRequest(
  { files: [id], part }: PartRequest,
  context: SendContext,
): Promise<Transmission> {
  const { api, contentOf, digests } = context;
  const blob = sliceOf(contentOf(id), part);
  const headers = { ...headersOf(id, context), ...(await digests.take([id, part])) };
  return putRequest(api.partUrl(id, part), { id, blob }, headers);
}

function putRequest(
  url: string,
  { id, blob: body }: BundlePart,
  headers: UploadRequest["headers"],
): Transmission {
  const layout = new BodyLayout([{ id, size: body.size }]);
  return { request: { method: "PUT", url, headers, body }, files: [id], layout };
}

function headersOf(id: number, { api, ledger }: SendContext): UploadRequest["headers"] {
  const type = ledger.type(id) || UNKNOWN_TYPE;
  return { ...api.authorization, "content-type": type };
}

async function transmit(
  { request, files, layout }: Transmission,
  { bandwidth, ledger }: SendContext,
  { onSent, signal }: SendOptions,
): Promise<HttpResponse> {
  const guard = new StallGuard(signal, () => {
    return files.reduce((sum, id) => sum + ledger.receivedBytes(id), 0);
  });
  const onBytes = (sent: number, total: number) => {
    guard.moved();
    const changed = new Map<number, number>();
    layout.advance(sent, total, (id, bytes) => changed.set(id, bytes));
    if (changed.size > 0) onSent(changed);
  };
  try {
    return await transport(request, onBytes, guard.signal, bandwidth);
  } finally {
    guard.end();
  }
}

/**
 * Returns an outcome for each file that can't be read. A file that was changed or deleted after it
 * was chosen breaks the connection of its whole bundle, and must not do so again.
 */
async function unreadableFiles(
  files: readonly number[],
  { ledger, contentOf }: SendContext,
): Promise<UploadOutcomes> {
  const waiting = files.filter((id) => !ledger.isUploadDone(id));
  const readable = await Promise.all(waiting.map((id) => isReadable(contentOf(id))));
  const unreadable = waiting.filter((_, index) => readable[index] === false);
  return new Map(unreadable.map((id) => [id, outcomeOfProblem(fileUnreadable())]));
}

async function isReadable(blob: Blob): Promise<boolean> {
  try {
    await blob.slice(0, 1).arrayBuffer();
    return true;
  } catch {
    return false;
  }
}
