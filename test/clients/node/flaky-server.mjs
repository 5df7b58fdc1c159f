import { createServer, request } from "node:http";

/**
 * Starts a server in front of another one. It breaks the first connection, answers the second request
 * with 503 and `Retry-After`, and forwards the others.
 */
export async function startFlakyServer(origin) {
  let requests = 0;
  const server = createServer((incoming, outgoing) => {
    requests += 1;
    if (requests === 1) return incoming.socket.destroy();
    if (requests === 2) {
      incoming.resume();
      return outgoing.writeHead(503, { "Retry-After": "1" }).end();
    }
    const { method, url, headers } = incoming;
    const forwarded = request(`${origin}${url}`, { method, headers }, (response) => {
      outgoing.writeHead(response.statusCode, response.headers);
      response.pipe(outgoing);
    });
    return incoming.pipe(forwarded);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const stop = () => {
    server.closeAllConnections();
    server.close();
  };
  return { origin: `http://127.0.0.1:${server.address().port}`, stop };
}
