import type { Account } from "../../../durable-objects/owner/account.ts";
import type { Disk } from "../platform/storage.ts";
import type { DurableState } from "./history.ts";

/** Returns the key of the owner of the batch on a disk; null if there is no batch, or no owner. */
export function ownerKeyOf({ values }: Disk): string | null {
  const config = values.get("config");
  return isConfig(config) ? (config.owner ?? null) : null;
}

/** Returns why an owner counts less than what a batch of theirs has stored, or null. */
export function uncountedProblem(batch: string, state: DurableState, owner: Disk): string | null {
  if (state.batch.deletedAt !== undefined) return null;
  const completed = state.files.filter((file) => file.state === "completed");
  const stored = completed.reduce((sum, { size }) => sum + size, 0);
  const data = owner.values.get("data");
  const listed = isOwnerData(data) ? data.account.batches.find(({ id }) => id === batch) : null;
  const counted = listed?.used.bytes ?? 0;
  return stored > counted ? `${stored} bytes are stored, and ${counted} are counted` : null;
}

/** The part of a batch's configuration that names the owner's object. */
interface Config {
  folder: string;
  owner?: string;
}

function isConfig(value: unknown): value is Config {
  return typeof value === "object" && value !== null && "folder" in value;
}

function isOwnerData(value: unknown): value is { account: Account } {
  return typeof value === "object" && value !== null && "account" in value;
}
