import type { ResumableBatch } from "../../client/index.ts";
import type { Tokens } from "../../protocol/index.ts";

/** Separates the length of the tokens' common prefix from the rest. Tokens never contain it. */
const PREFIX_END = "*";

/**
 * Returns the address of the watch page. The token is in the fragment, which browsers don't send: it
 * reaches no server and no log.
 */
export function shareLink(
  { id, tokens }: { id: string; tokens: Pick<Tokens, "read"> },
  origin: string,
): string {
  return origin + batchPath(id, tokens.read);
}

/** Returns the path of a batch's page. @param read null for the page without a token */
export function batchPath(id: string, read: string | null): string {
  const fragment = read === null ? "" : `#${new URLSearchParams({ token: read })}`;
  return `/b/${encodeURIComponent(id)}${fragment}`;
}

/**
 * Returns the address that resumes the batch on another device. It contains the write token, so it
 * must not be shared. Short links make QR codes that are easier to scan: the prefix that the read
 * token has in common with the write token is replaced by its length.
 */
export function resumeLink({ id, tokens }: ResumableBatch, origin: string): string {
  const { write, read = "" } = tokens;
  const prefix = commonPrefixLength(write, read);
  const shortened = `${prefix}${PREFIX_END}${read.slice(prefix)}`;
  return `${origin}/#${new URLSearchParams({ batch: id, write, read: shortened })}`;
}

function commonPrefixLength(one: string, other: string): number {
  let length = 0;
  while (length < one.length && one[length] === other[length]) length++;
  return length;
}

/** Returns the batch in the fragment of a resume link; null if the fragment is something else. */
export function parseResumeLink(fragment: string): ResumableBatch | null {
  const params = new URLSearchParams(fragment.replace(/^#/u, ""));
  const [id, write, shortened = ""] = ["batch", "write", "read"].map(
    (name) => params.get(name) ?? "",
  );
  if (!id || !write) return null;
  const [prefix, rest] = shortened.split(PREFIX_END);
  const read = rest === undefined ? shortened : write.slice(0, Number(prefix)) + rest;
  return { id, tokens: { write, ...(read && { read }) } };
}

/** Returns the read token in the fragment of a share link; null if the link is incomplete. */
export function readTokenOf(fragment: string): string | null {
  const token = new URLSearchParams(fragment.replace(/^#/u, "")).get("token");
  return token === "" ? null : token;
}

/** Returns the address of a stored file's content. */
export function contentLink(batch: string, file: number, readToken: string): string {
  const token = new URLSearchParams({ token: readToken });
  return `/v1/batches/${encodeURIComponent(batch)}/files/${file}/content?${token}`;
}

/** Returns the address of an archive with the batch's stored files. */
export function archiveLink(batch: string, readToken: string): string {
  const token = new URLSearchParams({ token: readToken });
  return `/v1/batches/${encodeURIComponent(batch)}/archive?${token}`;
}
