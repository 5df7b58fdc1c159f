const marked = new WeakSet<object>();

/** `cloudflare:durable-objects`: marks methods that may run again when nobody knows whether they did. */
export function retryable(...methods: object[]): void {
  for (const method of methods) marked.add(method);
}

export function isRetryable(method: object): boolean {
  return marked.has(method);
}
