/**
 * Replaces zod in the Worker (`alias` in wrangler.toml). The library that writes the OpenAPI document
 * imports every validator that it finds, and would add 745 KB that are never used.
 */
export const none = null;
