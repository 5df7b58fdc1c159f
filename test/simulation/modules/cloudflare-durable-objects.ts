const marked = new WeakSet<object>();

/** The module `cloudflare:durable-objects`: marks methods that the platform may run again. */
export function retryable(...methods: object[]): void {
  for (const method of methods) marked.add(method);
}

export function isRetryable(method: object): boolean {
  return marked.has(method);
}
