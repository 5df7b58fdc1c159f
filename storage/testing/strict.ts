import { inject } from "vitest";

declare module "vitest" {
  interface ProvidedContext {
    /** True with STRICT_PLATFORM=1: see vitest.config.ts. */
    isStrict: boolean;
  }
}

/** True if the bucket has R2's rules of strict-bucket.ts. A test that cannot run under them skips itself. */
export const isStrict = inject("isStrict");
