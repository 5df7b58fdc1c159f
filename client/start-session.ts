import { LIMITS } from "../protocol/index.ts";
import { BatchApi } from "./api/batch-api.ts";
import type { ResumableBatch } from "./resumable-batch.ts";
import type { SessionOptions, UploadSession } from "./send/session.ts";
import { loadSession } from "#session";

interface StartOptions extends Omit<SessionOptions, "api" | "limits"> {
  /** The server's origin. */
  endpoint: string;
  /** Aborts the batch's calls. */
  signal: AbortSignal;
}

/** Starts the upload of a batch that exists. @throws the signal's reason */
export async function startSession(
  { id, tokens, limits = LIMITS }: ResumableBatch,
  { endpoint, signal, ...options }: StartOptions,
): Promise<UploadSession> {
  const Session = await loadSession();
  signal.throwIfAborted();
  const { reachability } = options;
  const api = new BatchApi(endpoint, id, { ...tokens, token: tokens.write, reachability }, signal);
  return new Session({ ...options, api, limits });
}
