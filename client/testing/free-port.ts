import { randomInt } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:net";

/**
 * Below the ports that systems assign to connections and to servers that ask for any port: no process
 * gets one of these by chance while its server is down.
 */
const [FIRST, LAST] = [20_000, 26_000];

/**
 * From a port to the one that reserves it: this process listens there until it ends. Another test would
 * draw the port while its server is down once in some thousand runs.
 */
const TO_RESERVATION = LAST - FIRST;

/** Returns a port that no other test gets, for a server that will be restarted on the same port. */
export async function freePort(): Promise<number> {
  const port = randomInt(FIRST, LAST);
  const isOurs = (await reserve(port)) && (await isFree(port));
  return isOurs ? port : freePort();
}

/** Returns false if the port is reserved already. */
async function reserve(port: number): Promise<boolean> {
  const reservation = createServer().unref();
  reservation.listen(port + TO_RESERVATION, "127.0.0.1");
  return once(reservation, "listening").then(
    () => true,
    () => false,
  );
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
