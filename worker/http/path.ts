import { getPath } from "hono/utils/url";

/**
 * Returns the path by which routes are chosen, without empty segments. Clients that join a base address
 * and a path with a slash between them send two slashes, and others add one to the end.
 */
export function plainPath(request: Request): string {
  const path = getPath(request).replaceAll(/\/{2,}/gu, "/");
  return path.length > 1 && path.endsWith("/") ? path.slice(0, -1) : path;
}
