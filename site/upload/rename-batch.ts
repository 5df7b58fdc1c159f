import { BatchApi, type ResumableBatch } from "../../client/index.ts";

/** Stores the name of a batch. "" removes it. Retries while the server can't be reached. */
export async function renameBatch({ id, tokens }: ResumableBatch, name: string): Promise<void> {
  const api = new BatchApi(location.origin, id, tokens.write, new AbortController().signal);
  await api.patchMetadata({ name: name === "" ? null : name });
}
