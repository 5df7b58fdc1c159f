import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { extname } from "node:path";
import { fileURLToPath } from "node:url";

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".css": "text/css",
};

/** A site that embeds Tallyman. */
export interface Host {
  origin: string;
  /** Adds a file. Returns its address. */
  serve: (path: string, content: string) => string;
  stop: () => void;
}

/** Starts a site with its own origin. */
export async function openHost(): Promise<Host> {
  const files = new Map<string, string>();
  const server = createServer(({ url = "" }, response) => {
    const content = files.get(url);
    response.writeHead(content === undefined ? 404 : 200, {
      "content-type": TYPES[extname(url)] ?? "text/plain",
    });
    response.end(content);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("The host has no port.");
  const origin = `http://127.0.0.1:${address.port}`;
  const stop = (): void => {
    server.closeAllConnections();
    server.close();
  };
  return {
    origin,
    serve: (path, content) => (files.set(path, content), origin + path),
    stop,
  };
}

const PAGE = fileURLToPath(new URL("../../docs/embedding.md", import.meta.url));
const SNIPPET = /^```(\w+)\n(.*?)^```/gmsu;

/**
 * Returns the code blocks of docs/embedding.md in one language.
 *
 * @param origin replaces the example's address of the Worker
 */
export async function snippets(language: string, origin: string): Promise<string[]> {
  const blocks = (await readFile(PAGE, "utf8")).matchAll(SNIPPET);
  return Array.from(blocks)
    .filter(([, name]) => name === language)
    .map(([, , text = ""]) => text.replaceAll("https://tallyman.example.com", origin));
}
