import { type Limits, LIMITS } from "../../protocol/index.ts";
import type { GrantLimits } from "../../protocol/schemas.ts";
import { batchLimits, settings } from "../../durable-objects/index.ts";

/** Returns the limits of a batch as clients see them: the server's, narrowed by a grant. */
export function announcedLimits(env: Env, grantLimits: GrantLimits | null): Limits {
  const { files, bytes, fileBytes, keepDays, types, extensions } = batchLimits(env, grantLimits);
  return {
    ...LIMITS,
    files,
    fileBytes,
    bodyBytes: settings(env).bodyBytes,
    keepDays: keepDays === Infinity ? null : keepDays,
    ...(bytes !== Infinity && { bytes }),
    ...(types && { types }),
    ...(extensions && { extensions }),
  };
}
