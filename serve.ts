// Serves page and API on this machine: `wrangler dev`, quiet, on one address, with nothing left behind.
// Whatever follows on the command line is for Wrangler: `npm start -- --log-level debug`, or
// `npm start -- --log-level log --var LOG:requests` for a line a request.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import * as v from "valibot";

const HOST = "127.0.0.1";
const port = process.env["PORT"] ?? "8787";
const QUIET = {
  WRANGLER_LOG: "warn",
  WRANGLER_SEND_METRICS: "false",
  // Where a request comes from is asked of Cloudflare: offline, that is only a warning.
  CLOUDFLARE_CF_FETCH_ENABLED: "false",
};

/** What Wrangler tells the process that spawned it. */
const Ready = v.pipe(v.string(), v.parseJson(), v.object({ ip: v.string(), port: v.number() }));

await claim(port);
serve(port);

/** Ends the process, with a sentence that says what to do, where the port cannot be had. */
async function claim(wanted: string): Promise<void> {
  const probe = createServer();
  try {
    probe.listen({ port: Number(wanted), host: HOST });
    await once(probe, "listening");
  } catch (error) {
    console.error(`${refusal(wanted, error)} Choose another one: PORT=8788 npm start`);
    process.exit(1);
  }
  probe.close();
  await once(probe, "close");
}

function refusal(wanted: string, error: unknown): string {
  const taken = error instanceof Error && "code" in error && error.code === "EADDRINUSE";
  return taken ? `Port ${wanted} is taken.` : `"${wanted}" is not a port that can be served on.`;
}

function serve(wanted: string): void {
  const place = ["--ip", HOST, "--port", wanted, "--show-interactive-dev-session=false"];
  const quiet = ["--var", "LOG:errors"];
  const wrangler = spawn("wrangler", ["dev", ...place, ...quiet, ...process.argv.slice(2)], {
    stdio: ["ignore", "inherit", "inherit", "ipc"],
    env: { ...QUIET, ...process.env },
  });
  wrangler.on("message", announce);
  wrangler.on("exit", (code) => process.exit(wrangler.killed ? 0 : (code ?? 1)));
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(signal, () => wrangler.kill());
  }
}

function announce(message: unknown): void {
  const address = v.parse(Ready, message);
  console.log(`Tallyman is at http://${address.ip}:${address.port} (Ctrl-C stops it)`);
}
