import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as v from "valibot";
import { parseJson } from "../../client/api/request.ts";
import type { Driver, DriverOptions } from "./driver.ts";
import { startProgram } from "./program.ts";

/** Leaving a page never asks, and the browser sends nothing by itself. */
const PREFERENCES = `
  user_pref("dom.disable_beforeunload", true);
  user_pref("datareporting.policy.dataSubmissionEnabled", false);
  user_pref("app.update.disabledForTesting", true);
  user_pref("network.captive-portal-service.enabled", false);
  user_pref("network.connectivity-service.enabled", false);
`;

const Message = v.object({
  id: v.number(),
  type: v.picklist(["success", "error"]),
  result: v.optional(v.unknown()),
  message: v.optional(v.string()),
});
const Contexts = v.object({ contexts: v.array(v.object({ context: v.string() })) });
const Evaluated = v.object({
  type: v.string(),
  result: v.optional(
    v.object({ value: v.optional(v.unknown()), sharedId: v.optional(v.string()) }),
  ),
  exceptionDetails: v.optional(v.object({ text: v.string() })),
});

/** Starts Firefox, driven by WebDriver BiDi, which it speaks itself. */
export async function launchFirefox({ language }: DriverOptions = {}): Promise<Driver> {
  const profile = await mkdtemp(join(tmpdir(), "tallyman-firefox-"));
  await writeFile(join(profile, "user.js"), PREFERENCES + languagePreference(language));
  const args = ["--headless", "--no-remote", "--profile", profile, "--remote-debugging-port", "0"];
  const program = startProgram("firefox-esr", args, /WebDriver BiDi listening on (ws:\S+)/u);
  const [, address = ""] = await program.printed;
  const send = await connect(`${address}/session`);
  await send("session.new", {
    capabilities: { alwaysMatch: { unhandledPromptBehavior: { default: "accept" } } },
  });
  const { contexts } = v.parse(Contexts, await send("browsingContext.getTree", {}));
  const context = contexts[0]?.context ?? "";
  const run = async (expression: string) => {
    const target = { context };
    const call = { expression, target, awaitPromise: true, resultOwnership: "root" };
    const { result, exceptionDetails } = v.parse(Evaluated, await send("script.evaluate", call));
    if (exceptionDetails) throw new Error(exceptionDetails.text);
    return result ?? {};
  };
  return {
    open: async (url) =>
      void (await send("browsingContext.navigate", { context, url, wait: "complete" })),
    evaluate: async (expression) => {
      const json = `(async () => JSON.stringify(await (${expression})))()`;
      const { value } = await run(json);
      return typeof value === "string" ? parseJson(value) : undefined;
    },
    choose: async (input, files) => {
      const { sharedId } = await run(input);
      await send("input.setFiles", { context, element: { sharedId }, files });
    },
    close: async () => {
      await program.end();
      await rm(profile, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

function languagePreference(language: string | undefined): string {
  if (language === undefined) return "";
  return `user_pref("intl.accept_languages", ${JSON.stringify(language)});`;
}

type Send = (method: string, params: object) => Promise<unknown>;

/** Connects to a browser. Returns a function that sends a command and returns its result. */
async function connect(address: string): Promise<Send> {
  const socket = new WebSocket(address);
  const calls = new Map<number, (message: v.InferOutput<typeof Message>) => void>();
  socket.addEventListener("message", ({ data }) => {
    const message = v.safeParse(Message, JSON.parse(String(data)));
    if (message.success) calls.get(message.output.id)?.(message.output);
  });
  await new Promise((resolve, reject) => {
    socket.addEventListener("open", resolve);
    socket.addEventListener("error", reject);
  });
  let id = 0;
  return async (method, params) => {
    const call = ++id;
    socket.send(JSON.stringify({ id: call, method, params }));
    const { type, result, message } = await new Promise<v.InferOutput<typeof Message>>((resolve) =>
      calls.set(call, resolve),
    );
    if (type === "error") throw new Error(`${method}: ${message}`);
    return result;
  };
}
