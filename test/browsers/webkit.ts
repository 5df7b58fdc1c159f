import * as v from "valibot";
import { freePort } from "../../client/testing/free-port.ts";
import type { Driver, DriverOptions } from "./driver.ts";
import { startProgram } from "./program.ts";

/** Debian's browser of WebKitGTK, in which nothing but the engine is Safari's. */
const MINI_BROWSER = "/usr/lib/x86_64-linux-gnu/webkit2gtk-4.1/MiniBrowser";
const ELEMENT = "element-6066-11e4-a52e-4f735466cecf";

const Session = v.object({ sessionId: v.string() });
const Element = v.object({ [ELEMENT]: v.string() });
const Answer = v.object({ value: v.unknown() });
const Problem = v.object({ error: v.string(), message: v.string() });

/** Starts WebKitGTK, driven by WebDriver, on a screen of its own: it has no headless mode. */
export async function launchWebkit({ language }: DriverOptions = {}): Promise<Driver> {
  const screen = startProgram(
    "Xvfb",
    ["-displayfd", "1", "-screen", "0", "1280x1024x24"],
    /^\d+$/u,
  );
  const [display] = await screen.printed;
  const port = await freePort();
  const driver = startProgram("WebKitWebDriver", [`--port=${port}`], /^$/u, {
    DISPLAY: `:${display}`,
    GDK_BACKEND: "x11",
    // Its sandbox needs rights that containers lack.
    WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS: "1",
    ...(language !== undefined && { LC_ALL: `${language}.UTF-8` }),
  });
  driver.printed.catch(() => undefined);
  const call = caller(`http://127.0.0.1:${port}`);
  const options = { binary: MINI_BROWSER, args: ["--automation"] };
  const always = { "webkitgtk:browserOptions": options, unhandledPromptBehavior: "accept" };
  const started = await call("POST", "/session", { capabilities: { alwaysMatch: always } });
  const session = `/session/${v.parse(Session, started).sessionId}`;
  await call("POST", `${session}/timeouts`, { script: 120_000, pageLoad: 120_000 });
  const run = (script: string) =>
    call("POST", `${session}/execute/sync`, { script: `return ${script}`, args: [] });
  return {
    open: async (url) => void (await call("POST", `${session}/url`, { url })),
    evaluate: (expression) => run(`(async () => ${expression})()`),
    choose: async (input, paths) => {
      const element = v.parse(Element, await run(input))[ELEMENT];
      await call("POST", `${session}/element/${element}/value`, { text: paths.join("\n") });
    },
    close: async () => {
      await call("DELETE", session).catch(() => undefined);
      await driver.end();
      await screen.end();
    },
  };
}

/** Returns a function that sends a command, and repeats it until the driver listens. */
function caller(origin: string) {
  return async (method: string, path: string, body?: object): Promise<unknown> => {
    const init = { method, ...(body && { body: JSON.stringify(body) }) };
    const response = await untilListening(() => fetch(origin + path, init));
    const { value } = v.parse(Answer, await response.json());
    if (response.ok) return value;
    const { error, message } = v.parse(Problem, value);
    throw new Error(`${path}: ${error}: ${message}`);
  };
}

const TRIES = 600;

async function untilListening(send: () => Promise<Response>): Promise<Response> {
  for (let tries = 1; ; tries++) {
    try {
      return await send();
    } catch (error) {
      if (tries === TRIES) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}
