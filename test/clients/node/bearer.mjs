/** Returns the header with a token; none without a token. */
export function bearer(token) {
  return token ? { Authorization: `Bearer ${token}` } : {};
}
