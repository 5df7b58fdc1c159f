/** RFC 5987's attr-char: whatever else stands in a name is percent-encoded. */
const NOT_ATTR_CHAR = /['()*]/gu;

/** `Content-Disposition` of a download (RFC 6266): the name in ASCII for the old, in UTF-8 for all. */
export function attachment(name: string): string {
  const ascii = name.replaceAll(/[^\x20-\x7e]|["\\%]/gu, "_");
  const encoded = encodeURIComponent(name).replaceAll(
    NOT_ATTR_CHAR,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `attachment; filename="${ascii}"; filename*=UTF-8''${encoded}`;
}
