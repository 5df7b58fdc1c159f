const ADDRESS = "CF-Connecting-IP";

/**
 * Adds an address of its own to a request, unless it has one, so that tests don't share a rate limit.
 * An empty one counts as missing.
 */
export function withAddress(init: RequestInit): RequestInit {
  const headers = new Headers(init.headers);
  if (!headers.has(ADDRESS)) headers.set(ADDRESS, randomAddress());
  return { ...init, headers };
}

function randomAddress(): string {
  return `10.${crypto.getRandomValues(new Uint8Array(3)).join(".")}`;
}
