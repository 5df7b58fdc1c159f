import type { SingleFileResource } from "../../protocol/index.ts";
import { parseResponse, type HttpResponse } from "../api/response.ts";
import { outgoing, type Carrier, type Outgoing, type OutgoingContext } from "./upload-request.ts";
import type { TokenBucket } from "./bandwidth.ts";
import type { PartRequest, PlannedRequest, ListPartsRequest } from "./planner.ts";
import { fileUnreadable, ProblemError } from "../errors.ts";
import { isFile, isReceipt, isSingleFile } from "../api/guards.ts";
import { StallGuard } from "./stall.ts";
import { transport } from "#transport";
import {
  outcomeOfFile,
  outcomeOfPart,
  outcomeOfProblem,
  outcomeOfRepeat,
  outcomeOfList,
  outcomesOfReceipt,
  type UploadOutcome,
  type UploadOutcomes,
} from "./outcome.ts";

/** Bytes of files, by id, that one request has handed to the network so far. */
export type Sent = ReadonlyMap<number, number>;

/** What a delivery needs to know and to tell. */
export interface DeliveryContext extends OutgoingContext {
  bandwidth: TokenBucket;
  /** Of files whose count has changed. */
  onSent: (sent: Sent) => void;
  /** Aborts the delivery. */
  signal: AbortSignal;
}

/**
 * Sends one planned request, once, and judges what is to become of each of its files.
 *
 * @throws the signal's reason, and nothing else
 */
export async function deliver(
  request: PlannedRequest,
  context: DeliveryContext,
): Promise<UploadOutcomes> {
  try {
    return await attempt(request, context);
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error;
    const outcome = outcomeOfProblem(error);
    const outcomes = new Map(request.files.map((id) => [id, outcome]));
    if (error.code !== "connection_failed") return outcomes;
    return new Map([...outcomes, ...(await verdictsOfUnreadable(request.files, context))]);
  }
}

async function attempt(request: PlannedRequest, context: DeliveryContext): Promise<UploadOutcomes> {
  switch (request.kind) {
    case "bundle": {
      const receipt = parseResponse(await send(request, context), isReceipt);
      return outcomesOfReceipt(receipt, request.files);
    }
    case "whole": {
      const file = parseResponse(await send(request, context), isFile);
      return new Map([[request.files[0], outcomeOfFile(file)]]);
    }
    case "part":
      return new Map([[request.files[0], await attemptPart(request, context)]]);
    case "survey":
      return new Map([[request.files[0], outcomeOfList(await ask(request, context))]]);
  }
}

async function attemptPart(request: PartRequest, context: DeliveryContext): Promise<UploadOutcome> {
  const { part, isRepeat } = request;
  const known = isRepeat ? outcomeOfRepeat(await ask(request, context), part) : null;
  if (known !== null) return known;
  return outcomeOfPart(parseResponse(await send(request, context), isSingleFile), part);
}

function ask(
  { files }: PartRequest | ListPartsRequest,
  { api, signal }: DeliveryContext,
): Promise<SingleFileResource> {
  return api.file(files[0], signal);
}

async function send(planned: Carrier, context: DeliveryContext): Promise<HttpResponse> {
  const { request, layout } = await outgoing(planned, context);
  const guard = new StallGuard(context.signal);
  const onBytes = (bytes: number, total: number) => {
    guard.moved();
    countSent(layout, [bytes, total], context);
  };
  try {
    return await transport(request, onBytes, guard.signal, context.bandwidth);
  } finally {
    guard.end();
  }
}

function countSent(
  layout: Outgoing["layout"],
  [bytes, total]: [number, number],
  { onSent }: DeliveryContext,
): void {
  const sent = new Map<number, number>();
  layout.advance(bytes, total, (id, count) => sent.set(id, count));
  if (sent.size > 0) onSent(sent);
}

/**
 * A file that was changed or deleted after it was chosen breaks the connection of a whole bundle,
 * and must not do so again.
 */
async function verdictsOfUnreadable(
  files: readonly number[],
  { ledger, blobOf }: DeliveryContext,
): Promise<UploadOutcomes> {
  const waiting = files.filter((id) => !ledger.isUploadDone(id));
  const readable = await Promise.all(waiting.map((id) => isReadable(blobOf(id))));
  const unreadable = waiting.filter((_, index) => readable[index] === false);
  return new Map(unreadable.map((id) => [id, UNREADABLE]));
}

const UNREADABLE = outcomeOfProblem(fileUnreadable());

async function isReadable(blob: Blob): Promise<boolean> {
  try {
    await blob.slice(0, 1).arrayBuffer();
    return true;
  } catch {
    return false;
  }
}
