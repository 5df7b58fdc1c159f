// The Worker for the tests that set STRICT_PLATFORM: with R2's rules that the local simulation leaves
// out. The Worker and the objects share its bucket.
import { env } from "cloudflare:workers";
import { makeStrict } from "../../../storage/testing/strict-bucket.ts";

// Clients of a server retry. In the project `worker`, tests choose the failures of their calls.
makeStrict(env.BUCKET, { uncertainInterval: 20 });

export { Batch, default, Owner } from "../../index.ts";
