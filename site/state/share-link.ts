import type { BegunBatch } from "../../client/index.ts";
import type { Tokens } from "../../protocol/index.ts";

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
 * the batch: it is not for sharing.
 */
export function ownLink({ id, tokens }: BegunBatch, origin: string): string {
  const { write, read = "" } = tokens;
  return `${origin}/#${new URLSearchParams({ batch: id, write, read })}`;
}

/** The batch of such a link's fragment; null where it is none. */
export function begunOf(fragment: string): BegunBatch | null {
  const given = new URLSearchParams(fragment.replace(/^#/u, ""));
  const [id, write, read] = ["batch", "write", "read"].map((name) => given.get(name) ?? "");
  if (!id || !write) return null;
  return { id, tokens: { write, ...(read && { read }) } };
}

/** The read token of a share link's fragment; null when the link was cut short. */
export function tokenOf(fragment: string): string | null {
  const token = new URLSearchParams(fragment.replace(/^#/u, "")).get("token");
  return token === "" ? null : token;
}

/** The address of a stored file's content, for whoever may read the batch. */
export function contentLink(batch: string, file: number, readToken: string): string {
  const token = new URLSearchParams({ token: readToken });
  return `/v1/batches/${encodeURIComponent(batch)}/files/${file}/content?${token}`;
}
