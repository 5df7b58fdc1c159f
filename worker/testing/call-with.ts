import { createExecutionContext, waitOnExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { app } from "../app.ts";
import type { AppEnv } from "../context.ts";
import { ORIGIN } from "./batch.ts";
import { withAddress } from "./client-address.ts";

/** Bindings that replace those of wrangler.toml; undefined removes one. */
type Settings = { [Name in keyof AppEnv["Bindings"]]?: AppEnv["Bindings"][Name] | undefined };

/** Sends a request to a Worker with these bindings. */
export async function callWith(
  settings: Settings,
  path: string,
  init: RequestInit = {},
): Promise<Response> {
  const context = createExecutionContext();
  const request = new Request(new URL(path, ORIGIN), withAddress(init));
  const bindings: object = { ...env, ...settings };
  const answer = await app.fetch(request, bindings, context);
  await waitOnExecutionContext(context);
  return answer;
}
