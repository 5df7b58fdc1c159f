import { subscribe, unsubscribe } from "node:diagnostics_channel";

/** What Node's fetch tells of a request whose head goes out on a connection. */
const HEADERS_SENT = "undici:client:sendHeaders";

/**
 * Resolves when this process has begun to send a request that carries files.
 *
 * @returns after how many ms
 */
export function untilSending(): Promise<number> {
  const began = performance.now();
  return new Promise((resolve) => {
    const look = (message: unknown) => {
      const request: unknown = Reflect.get(Object(message), "request");
      const [method, path] = ["method", "path"].map((of) =>
        String(Reflect.get(Object(request), of)),
      );
      if (!isUpload(method, path)) return;
      unsubscribe(HEADERS_SENT, look);
      resolve(performance.now() - began);
    };
    subscribe(HEADERS_SENT, look);
  });
}

function isUpload(method?: string, path?: string): boolean {
  return method === "PUT" || (method === "POST" && path?.endsWith("/bundle") === true);
}
