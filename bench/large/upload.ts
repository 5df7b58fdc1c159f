// node upload.ts bare|tallyman ORIGIN FILE LANES: uploads one file, in a process of its own so that its
// memory can be told. Prints {"ms": …, "peakBytes": …}.
import { openAsBlob } from "node:fs";
import { uploadTallyman } from "../tallyman.ts";
import { uploadBareParts } from "./bare.ts";

const [side, origin = "", path = "", lanes] = process.argv.slice(2);
const file = await openAsBlob(path);
const ms = await (side === "bare" ? uploadBareParts(origin, file, Number(lanes)) : timeTallyman());
console.log(JSON.stringify({ ms, peakBytes: process.resourceUsage().maxRSS * 1024 }));

/** From the first call until the file is completed. */
async function timeTallyman(): Promise<number> {
  const start = performance.now();
  await uploadTallyman(origin, [{ name: "large.bin", blob: file }], Number(lanes));
  return performance.now() - start;
}
