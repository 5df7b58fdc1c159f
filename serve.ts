// Serves the page and the API on this machine: `wrangler dev` with few messages, on one address.
// Arguments are passed to Wrangler: `npm start -- --log-level debug`, or
// `npm start -- --log-level log --var LOG:requests` for a line per request.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { fileURLToPath } from "node:url";
import * as v from "valibot";

const HOST = "127.0.0.1";
const port = process.env["PORT"] ?? "8787";
const QUIET = {
  WRANGLER_LOG: "warn",
  WRANGLER_SEND_METRICS: "false",
  // Miniflare asks Cloudflare for the location of requests, and warns when it is offline.
  CLOUDFLARE_CF_FETCH_ENABLED: "false",
};

/**
 * Wrangler's command line. The executable `wrangler` runs it in a second process, and leaves that one
 * running if it gets a signal in the moment of its start (29 of 320 times).
 */
const WRANGLER = fileURLToPath(import.meta.resolve("wrangler"));

/** Message that Wrangler sends to its parent process. */
const Ready = v.pipe(v.string(), v.parseJson(), v.object({ ip: v.string(), port: v.number() }));

await checkPort(port);
serve(port);

/** Ends the process with a message that says what to do if the port cannot be used. */
async function checkPort(wanted: string): Promise<void> {
  const probe = createServer();
  try {
    probe.listen({ port: Number(wanted), host: HOST });
    await once(probe, "listening");
  } catch (error) {
    console.error(`${portProblem(wanted, error)} Choose another one: PORT=8788 npm start`);
    process.exit(1);
  }
  probe.close();
  await once(probe, "close");
}

function portProblem(wanted: string, error: unknown): string {
  const isTaken = error instanceof Error && "code" in error && error.code === "EADDRINUSE";
  return isTaken ? `Port ${wanted} is in use.` : `"${wanted}" is not a valid port.`;
}

function serve(wanted: string): void {
  const address = ["--ip", HOST, "--port", wanted, "--show-interactive-dev-session=false"];
  const quiet = ["--var", "LOG:errors"];
  const args = ["--no-warnings", WRANGLER, "dev", ...address, ...quiet, ...process.argv.slice(2)];
  // Before the start: a signal of that moment would end only this process.
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(signal, () => wrangler.kill());
  }
  const wrangler = spawn(process.execPath, args, {
    stdio: ["ignore", "inherit", "inherit", "ipc"],
    env: { ...QUIET, ...process.env },
    // Ctrl-C in a terminal signals the whole process group. esbuild would end before Wrangler, which
    // would report a broken pipe.
    detached: process.stdin.isTTY,
  });
  wrangler.on("message", (message) => {
    // While it starts, Wrangler may say that it is ready after it has been told to end.
    if (!wrangler.killed) announce(message);
  });
  wrangler.on("exit", (code) => process.exit(wrangler.killed ? 0 : (code ?? 1)));
}

function announce(message: unknown): void {
  const { ip, port: served } = v.parse(Ready, message);
  console.log(`Tallyman is at http://${ip}:${served} (Ctrl-C stops it)`);
}
