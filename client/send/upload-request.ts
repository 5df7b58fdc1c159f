import type { BatchApi } from "../api/batch-api.ts";
import { isFile, isBundleResponse, isSingleFile } from "../api/guards.ts";
import { foreignProblem, parseResponse, type HttpResponse } from "../api/request.ts";
import { fileUnreadable, ProblemError } from "../errors.ts";
import type { Ledger } from "../ledger.ts";
import { transport } from "#transport";
import type { BundlePart, UploadRequest } from "../transport/transport.ts";
import type { TokenBucket } from "./bandwidth.ts";
import { BodyLayout } from "./body-layout.ts";
import type { BodyLimit } from "./body-limit.ts";
import type { FlowControl } from "./flow-control.ts";
import {
  outcomeOfFile,
  outcomeOfList,
  outcomeOfPart,
  outcomeOfProblem,
  outcomeOfRepeat,
  outcomeOfRequest,
  outcomesOfBundle,
  type UploadOutcome,
  type UploadOutcomes,
} from "./outcome.ts";
import { type PartDigests, sliceOf } from "./part-digests.ts";
import { bytesOf, type PartRequest, type PlannedRequest, without } from "./planner.ts";
import { damagedFiles, unreadableFiles } from "./readable.ts";
import { StallGuard } from "./stall-guard.ts";
import { UNKNOWN_TYPE } from "../../protocol/index.ts";

/** The files of a batch, and the API that they are sent to. */
export interface SendContext {
  api: BatchApi;
  ledger: Ledger;
  contentOf: (id: number) => Blob;
  digests: PartDigests;
  bandwidth: TokenBucket;
  bodyLimit: BodyLimit;
  flow: FlowControl;
}

/** Progress and cancellation of one request. */
export interface SendOptions {
  /** Called with the bytes that the request has handed to the network, of files that have changed. */
  onSent: (bytes: ReadonlyMap<number, number>) => void;
  signal: AbortSignal;
}

/**
 * Sends a planned request once, without the files that can't be read any more.
 *
 * @returns the outcome for each of its files, by id
 * @throws only the signal's reason
 */
export async function sendPlanned(
  request: PlannedRequest,
  context: SendContext,
  options: SendOptions,
): Promise<UploadOutcomes> {
  const holding = holdContents(request, context);
  const unreadable = await unreadableFilesOf(request, holding);
  const readable = without(request, unreadable);
  const outcomes = readable ? await sendReadable(readable, holding, options) : [];
  return new Map([...outcomes, ...rejections(unreadable)]);
}

/**
 * Returns the files of a request that broke on its way, and can't be read from end to end. They are the
 * reason for it, and must not break the next request.
 */
export function filesDamaged(
  { kind, files, ...request }: PlannedRequest,
  { contentOf, ledger }: SendContext,
): Promise<readonly number[]> {
  if (kind === "listParts") return Promise.resolve([]);
  const part = "part" in request ? request.part : null;
  const sentOf = (id: number) => (part === null ? contentOf(id) : sliceOf(contentOf(id), part));
  // The content of a file that was stored meanwhile is gone.
  const waiting = files.filter((id) => !ledger.isUploadDone(id));
  return damagedFiles(waiting, sentOf);
}

/** Holds the content of the request's files: it's freed when one of them is stored meanwhile. */
function holdContents({ files }: PlannedRequest, context: SendContext): SendContext {
  const contents = new Map(files.map((id) => [id, context.contentOf(id)]));
  return { ...context, contentOf: (id) => contents.get(id) ?? context.contentOf(id) };
}

async function unreadableFilesOf(
  { kind, files }: PlannedRequest,
  { contentOf }: SendContext,
): Promise<readonly number[]> {
  return kind === "listParts" ? [] : unreadableFiles(files, contentOf);
}

function rejections(unreadable: readonly number[]): UploadOutcomes {
  return new Map(unreadable.map((id) => [id, outcomeOfProblem(fileUnreadable())]));
}

async function sendReadable(
  request: PlannedRequest,
  context: SendContext,
  options: SendOptions,
): Promise<UploadOutcomes> {
  try {
    return await outcomesOf(request, context, options);
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error;
    const outcome = outcomeOfRequest(error);
    return new Map(request.files.map((id) => [id, outcome]));
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
  layout: BodyLayout;
  /** The files whose received bytes are those of this request: a file of parts is in several. */
  whole: readonly number[];
  /** Length of the body, as it's planned. */
  bytes: number;
}

const EMPTY = new Blob();

/** A request that opens a named pipe, whose size is 0, never ends. */
function bodyOf(id: number, { contentOf }: SendContext): BundlePart {
  const content = contentOf(id);
  return { id, blob: content.size === 0 ? EMPTY : content };
}

function bundleRequest(files: readonly number[], context: SendContext): Transmission {
  const { api, ledger } = context;
  const body = files.map((id) => bodyOf(id, context));
  const layout = new BodyLayout(body.map(({ id, blob: { size } }) => ({ id, size })));
  const request = { method: "POST", url: api.bundleUrl, headers: api.authorization, body } as const;
  const bytes = bytesOf({ kind: "bundle", files }, (id) => ledger.size(id));
  return { request, layout, whole: files, bytes };
}

function fileRequest(id: number, context: SendContext): Transmission {
  const request = putRequest(context.api.fileUrl(id), bodyOf(id, context), headersOf(id, context));
  return { ...request, whole: [id] };
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
  const request = { method: "PUT", url, headers, body } as const;
  return { request, layout, whole: [], bytes: body.size };
}

function headersOf(id: number, { api, ledger }: SendContext): UploadRequest["headers"] {
  const type = ledger.type(id) || UNKNOWN_TYPE;
  return { ...api.authorization, "content-type": type };
}

async function transmit(
  { request, layout, whole, bytes }: Transmission,
  { bandwidth, ledger, bodyLimit, flow }: SendContext,
  { onSent, signal }: SendOptions,
): Promise<HttpResponse> {
  const guard = new StallGuard(signal, flow, () => {
    return whole.reduce((sum, id) => sum + ledger.receivedBytes(id), 0);
  });
  const onBytes = (sent: number, total: number) => {
    guard.accepted(sent >= total);
    const changed = new Map<number, number>();
    layout.advance(sent, total, (id, count) => changed.set(id, count));
    if (changed.size > 0) onSent(changed);
  };
  try {
    const response = await transport(request, onBytes, guard.signal, bandwidth);
    if (foreignProblem(response) === null) bodyLimit.accept(bytes);
    return response;
  } finally {
    guard.end();
  }
}
