import { isFile, isBundleResponse, isSingleFile } from "../api/guards.ts";
import { foreignProblem, parseResponse, type HttpResponse } from "../api/request.ts";
import { fileUnreadable, ProblemError } from "../errors.ts";
import { transport } from "#transport";
import type { TokenBucket } from "./bandwidth.ts";
import type { BodyLimit } from "./body-limit.ts";
import { noteChecked } from "./digest-check.ts";
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
import { sliceOf } from "./part-digests.ts";
import { type PartRequest, type PlannedRequest, without } from "./planner.ts";
import { damagedFiles, readFiles, unreadableFiles } from "./readable.ts";
import { StallGuard } from "./stall-guard.ts";
import {
  bundleRequest,
  fileRequest,
  partRequest,
  type Transmission,
  type TransmissionContext,
} from "./transmission.ts";

/** The files of a batch, and what limits their requests. */
export interface SendContext extends TransmissionContext {
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
  const { unreadable, contents } = await readContents(request, holding);
  const readable = without(request, unreadable);
  const outcomes = readable ? await sendReadable(readable, { ...holding, contents }, options) : [];
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

type Contents = ReadonlyMap<number, Uint8Array<ArrayBuffer>>;

/** A context with the bytes of a bundle's files, in order. */
interface ReadContext extends SendContext {
  contents: Contents;
}

/** Reads the files of a bundle, and a byte at both ends of larger ones. */
async function readContents(
  { kind, files }: PlannedRequest,
  { contentOf }: SendContext,
): Promise<{ unreadable: readonly number[]; contents: Contents }> {
  if (kind === "listParts") return { unreadable: [], contents: new Map() };
  if (kind !== "bundle")
    return { unreadable: await unreadableFiles(files, contentOf), contents: new Map() };
  const contents = await readFiles(files, contentOf);
  return { unreadable: files.filter((id) => !contents.has(id)), contents };
}

function rejections(unreadable: readonly number[]): UploadOutcomes {
  return new Map(unreadable.map((id) => [id, outcomeOfProblem(fileUnreadable())]));
}

async function sendReadable(
  request: PlannedRequest,
  context: ReadContext,
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
  context: ReadContext,
  options: SendOptions,
): Promise<UploadOutcomes> {
  switch (request.kind) {
    case "bundle": {
      const transmission = await bundleRequest(context.contents, context);
      const response = await transmit(transmission, context, options);
      const bundle = parseResponse(response, isBundleResponse);
      noteChecked(bundle.files.filter(isFile), transmission.digests, context.ledger);
      return outcomesOfBundle(bundle, request.files);
    }
    case "file": {
      const [id] = request.files;
      const transmission = await fileRequest(id, context);
      const response = await transmit(transmission, context, options);
      const file = parseResponse(response, isFile);
      noteChecked([file], transmission.digests, context.ledger);
      return new Map([[id, outcomeOfFile(file)]]);
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
  const transmission = await partRequest(request, context);
  const response = await transmit(transmission, context, options);
  const file = parseResponse(response, isSingleFile);
  context.ledger.setDetails(file);
  context.sentParts.add(id, part, transmission.digests.get(id) ?? null);
  await context.sentParts.noteChecked(file, context.ledger);
  return outcomeOfPart(file, part);
}

async function transmit(
  { request, layout, whole, bytes }: Transmission,
  { bandwidth, ledger, bodyLimit, flow }: SendContext,
  { onSent, signal }: SendOptions,
): Promise<HttpResponse> {
  // The files may have been read and hashed for a while.
  signal.throwIfAborted();
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
