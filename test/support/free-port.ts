import { randomInt } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:net";

/**
 * Systems give higher ones to whoever asks for any port, and to whoever connects: nobody gets one of
 * these by chance while its server is down.
 */
const [FIRST, LAST] = [20_000, 32_000];

/** A port that nobody has, for a server that has to be found where it was. */
export async function freePort(): Promise<number> {
  const port = randomInt(FIRST, LAST);
  return (await isFree(port)) ? port : freePort();
}

async function isFree(port: number): Promise<boolean> {
  const probe = createServer().listen(port, "127.0.0.1");
  try {
    await once(probe, "listening");
    return true;
  } catch {
    return false;
  } finally {
    probe.close();
  }
}
