import { createExecutionContext, waitOnExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { app } from "../app.ts";
import type { AppEnv } from "../context.ts";
import { ORIGIN } from "./batch.ts";

/** A request to the Worker as it is when its operator has set it up so. */
export async function callWith(
  settings: Partial<AppEnv["Bindings"]>,
  path: string,
  init: RequestInit = {},
): Promise<Response> {
  const context = createExecutionContext();
  const request = new Request(new URL(path, ORIGIN), init);
  const answer = await app.fetch(request, { ...env, ...settings }, context);
  await waitOnExecutionContext(context);
  return answer;
}
