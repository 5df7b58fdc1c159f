import type { ResumableBatch } from "../../client/index.ts";
import type { Tokens } from "../../protocol/index.ts";

/** In no token, and written in an address as it is. */
const PREFIX_END = "*";

/**
 * The address where others watch a batch. The token is in the fragment, which browsers keep to
 * themselves: it reaches no server and no log.
 */
export function shareLink(
  { id, tokens }: { id: string; tokens: Pick<Tokens, "read"> },
  origin: string,
): string {
  return `${origin}/b/${encodeURIComponent(id)}#${new URLSearchParams({ token: tokens.read })}`;
}

/**
 * The address where the uploader goes on with a batch on another device. Whoever has it can change
 * the batch: it is not for sharing. As cameras read short links better, the read token is told by
 * how many characters it begins with like the write token, and what comes then.
 */
export function resumeLink({ id, tokens }: ResumableBatch, origin: string): string {
  const { write, read = "" } = tokens;
  const same = commonPrefixLength(write, read);
  const shortened = `${same}${PREFIX_END}${read.slice(same)}`;
  return `${origin}/#${new URLSearchParams({ batch: id, write, read: shortened })}`;
}

function commonPrefixLength(one: string, other: string): number {
  let length = 0;
  while (length < one.length && one[length] === other[length]) length++;
  return length;
}

/** The batch of such a link's fragment; null where it is none. */
export function parseResumeLink(fragment: string): ResumableBatch | null {
  const given = new URLSearchParams(fragment.replace(/^#/u, ""));
  const [id, write, shortened = ""] = ["batch", "write", "read"].map(
    (name) => given.get(name) ?? "",
  );
  if (!id || !write) return null;
  const [same, rest] = shortened.split(PREFIX_END);
  const read = rest === undefined ? shortened : write.slice(0, Number(same)) + rest;
  return { id, tokens: { write, ...(read && { read }) } };
}

/** The read token of a share link's fragment; null when the link was cut short. */
export function readTokenOf(fragment: string): string | null {
  const token = new URLSearchParams(fragment.replace(/^#/u, "")).get("token");
  return token === "" ? null : token;
}

/** The address of a stored file's content, for whoever may read the batch. */
export function contentLink(batch: string, file: number, readToken: string): string {
  const token = new URLSearchParams({ token: readToken });
  return `/v1/batches/${encodeURIComponent(batch)}/files/${file}/content?${token}`;
}
