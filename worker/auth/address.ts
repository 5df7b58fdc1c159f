import type { AppContext } from "../context.ts";

/** Groups of an IPv6 address that name a network: whoever has one of its addresses has all. */
const NETWORK_GROUPS = 4;
const GROUPS = 8;

/**
 * Where a request comes from, as limits count it; null where nobody says. The header is Cloudflare's
 * own: a client cannot set it.
 */
export function clientAddress(c: AppContext): string | null {
  const address = c.req.header("CF-Connecting-IP");
  return address === undefined ? null : networkPrefix(address);
}

/** An IPv4 address as it is; of an IPv6 address the network, as `2001:db8:0:1`. */
export function networkPrefix(address: string): string {
  const [head = "", tail] = address.toLowerCase().split("::");
  if (!address.includes(":")) return address;
  const [before, after] = [parseGroups(head), parseGroups(tail ?? "")];
  const zeros = Array.from({ length: GROUPS - before.length - after.length }, () => "0");
  return [...before, ...(tail === undefined ? [] : zeros), ...after]
    .slice(0, NETWORK_GROUPS)
    .join(":");
}

function parseGroups(part: string): string[] {
  return part === "" ? [] : part.split(":").map((group) => group.replace(/^0+(?=.)/u, ""));
}
