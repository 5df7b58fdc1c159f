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
