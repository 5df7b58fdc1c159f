import { env } from "cloudflare:workers";
import { makeStrict } from "./strict-bucket.ts";

// Vitest runs this before each test file of the project `worker`, if STRICT_PLATFORM is set.
makeStrict(env.BUCKET);
