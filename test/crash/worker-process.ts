// node worker-process.ts OPTIONS: serves a Worker in workerd, without `wrangler dev`, until it is
// killed. OPTIONS is a file with Miniflare's options as JSON. Prints the Worker's address.
import { readFileSync } from "node:fs";
import { convertV4MiniflareOptions, Miniflare } from "miniflare";

type Options = Parameters<typeof convertV4MiniflareOptions>[0];

const options: unknown = JSON.parse(readFileSync(process.argv[2] ?? "", "utf8"));
if (!isOptions(options)) throw new TypeError("The file has no options for Miniflare.");
const miniflare = new Miniflare(convertV4MiniflareOptions(options));
const { origin } = await miniflare.unsafeGetDirectURL("tallyman");
console.log(`The Worker is at ${origin}`);

function isOptions(value: unknown): value is Options {
  return typeof value === "object" && value !== null && "workers" in value;
}
