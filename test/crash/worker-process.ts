// Serves a Worker on workerd, without wrangler in front of it: `node worker-process.ts OPTIONS`, where
// OPTIONS is a file with Miniflare's options as JSON. Says where it is, and runs until it is ended.
import { readFileSync } from "node:fs";
import { convertV4MiniflareOptions, Miniflare } from "miniflare";

type Options = Parameters<typeof convertV4MiniflareOptions>[0];

const options: unknown = JSON.parse(readFileSync(process.argv[2] ?? "", "utf8"));
if (!isOptions(options)) throw new TypeError("These are not Miniflare's options.");
const miniflare = new Miniflare(convertV4MiniflareOptions(options));
const { origin } = await miniflare.unsafeGetDirectURL("tallyman");
console.log(`The Worker is at ${origin}`);

function isOptions(value: unknown): value is Options {
  return typeof value === "object" && value !== null && "workers" in value;
}
