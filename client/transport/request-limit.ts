/**
 * Requests in flight over HTTP/1.1, where browsers open six connections to a host. The sixth is free for
 * calls that can't wait for an upload to end: pausing, cancelling, polling.
 */
const HTTP1_REQUESTS = 5;

/**
 * Returns a function that returns how many requests to a server the browser sends at a time. They
 * share one connection over HTTP/2 and HTTP/3. The protocol of another origin is unknown unless that
 * allows to read it, and counts as HTTP/1.1.
 *
 * @param url any of the server
 */
export function watchRequestLimit(url: string, signal: AbortSignal): () => number {
  const prefix = `${new URL(url).origin}/`;
  let limit = HTTP1_REQUESTS;
  const observer = new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) {
      const protocol = entry.name.startsWith(prefix) ? protocolOf(entry) : "";
      if (protocol !== "") limit = isMultiplexed(protocol) ? Infinity : HTTP1_REQUESTS;
    }
  });
  // The requests so far have told the protocol, such as the one that created the batch.
  observer.observe({ type: "resource", buffered: true });
  signal.addEventListener("abort", () => observer.disconnect());
  return () => limit;
}

/** Returns `http/1.1`, `h2`, `h3` or the like; "" if it is unknown. */
function protocolOf(entry: PerformanceEntry): string {
  return entry instanceof PerformanceResourceTiming ? entry.nextHopProtocol : "";
}

function isMultiplexed(protocol: string): boolean {
  return protocol === "h2" || protocol.startsWith("h3");
}
