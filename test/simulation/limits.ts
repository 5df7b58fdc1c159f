import { LIMITS } from "../../protocol/index.ts";

/** Small enough that a life is cheap, large enough that files share bundles and have several parts. */
export function shrinkLimits(): void {
  Object.assign(LIMITS, { bundleFiles: 8, bundleBytes: 4096, partBytes: 4096, fileBytes: 20_000 });
}
