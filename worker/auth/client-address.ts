import type { AppContext } from "../context.ts";

const GROUPS = 8;
/** The first groups of an IPv6 address, which identify its network. A host can use all its addresses. */
const NETWORK_GROUPS = 4;

/** The key of all requests without an address. They share each limit: none could be told from another. */
const UNKNOWN_ADDRESS = "unknown";

let hasWarned = false;

/**
 * Returns the address that limits count a request by. Cloudflare sets the header itself: clients can't.
 * It is missing if the zone removes visitors' addresses, and in calls by a service binding.
 */
export function clientAddress(c: AppContext): string {
  const address = c.req.header("CF-Connecting-IP");
  if (address) return networkPrefix(address);
  warnOnce();
  return UNKNOWN_ADDRESS;
}

/** Once per isolate: every request may lack its address. */
function warnOnce(): void {
  if (hasWarned) return;
  hasWarned = true;
  const warning =
    "Requests have no CF-Connecting-IP, so all clients share the limits per address. Turn off the zone's setting that removes visitors' addresses, or pass the header on.";
  console.warn(JSON.stringify({ warning }));
}

/** Returns an IPv4 address unchanged, and the network of an IPv6 address, such as `2001:db8:0:1`. */
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
