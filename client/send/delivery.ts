import type { SingleFileResource } from "../../protocol/index.ts";
import { readAnswer, type Answer } from "../api/response.ts";
import { outgoing, type Carrier, type Outgoing, type OutgoingContext } from "./upload-request.ts";
import type { Pace } from "./bandwidth.ts";
import type { PartRequest, PlannedRequest, SurveyRequest } from "./planner.ts";
import { fileUnreadable, ProblemError } from "../errors.ts";
import { isFile, isReceipt, isSingleFile } from "../api/guards.ts";
import { StallGuard } from "./stall.ts";
import { transport } from "#transport";
import {
  verdictOfFile,
  verdictOfPart,
  verdictOfProblem,
  verdictOfRepeat,
  verdictOfSurvey,
  verdictsOfReceipt,
  type Verdict,
  type Verdicts,
} from "./outcome.ts";

/** Bytes of files, by id, that one request has handed to the network so far. */
export type Sent = ReadonlyMap<number, number>;

/** What a delivery needs to know and to tell. */
export interface DeliveryContext extends OutgoingContext {
  pace: Pace;
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
): Promise<Verdicts> {
  try {
    return await attempt(request, context);
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error;
    const verdict = verdictOfProblem(error);
    const verdicts = new Map(request.files.map((id) => [id, verdict]));
    if (error.code !== "connection_failed") return verdicts;
    return new Map([...verdicts, ...(await verdictsOfUnreadable(request.files, context))]);
  }
}

async function attempt(request: PlannedRequest, context: DeliveryContext): Promise<Verdicts> {
  switch (request.kind) {
    case "bundle": {
      const receipt = readAnswer(await send(request, context), isReceipt);
      return verdictsOfReceipt(receipt, request.files);
    }
    case "whole": {
      const file = readAnswer(await send(request, context), isFile);
      return new Map([[request.files[0], verdictOfFile(file)]]);
    }
    case "part":
      return new Map([[request.files[0], await attemptPart(request, context)]]);
    case "survey":
      return new Map([[request.files[0], verdictOfSurvey(await ask(request, context))]]);
  }
}

async function attemptPart(request: PartRequest, context: DeliveryContext): Promise<Verdict> {
  const { part, isRepeat } = request;
  const known = isRepeat ? verdictOfRepeat(await ask(request, context), part) : null;
  if (known !== null) return known;
  return verdictOfPart(readAnswer(await send(request, context), isSingleFile), part);
}

function ask(
  { files }: PartRequest | SurveyRequest,
  { api, signal }: DeliveryContext,
): Promise<SingleFileResource> {
  return api.file(files[0], signal);
}

async function send(planned: Carrier, context: DeliveryContext): Promise<Answer> {
  const { request, layout } = await outgoing(planned, context);
  const guard = new StallGuard(context.signal);
  const onBytes = (bytes: number, total: number) => {
    guard.moved();
    countSent(layout, [bytes, total], context);
  };
  try {
    return await transport(request, onBytes, guard.signal, context.pace);
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
): Promise<Verdicts> {
  const waiting = files.filter((id) => !ledger.isUploadDone(id));
  const readable = await Promise.all(waiting.map((id) => isReadable(blobOf(id))));
  const unreadable = waiting.filter((_, index) => readable[index] === false);
  return new Map(unreadable.map((id) => [id, UNREADABLE]));
}

const UNREADABLE = verdictOfProblem(fileUnreadable());

async function isReadable(blob: Blob): Promise<boolean> {
  try {
    await blob.slice(0, 1).arrayBuffer();
    return true;
  } catch {
    return false;
  }
}
