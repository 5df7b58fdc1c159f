import { ProblemError } from "../http/problem.ts";
import { checksumMismatch } from "../http/storage-problem.ts";

/**
 * Header fields with the digest of a body, and what a list of digests in each looks like. Without an
 * encoding and a range, which are refused, the content of a request is the representation, so that all
 * of them mean the same bytes.
 */
const FIELDS = {
  // Dictionaries of byte sequences (RFC 9530, RFC 9651): names of algorithms are in lower case.
  "Content-Digest":
    /^([a-z*][a-z0-9_.*-]*)=:((?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}={0,2}|[A-Za-z0-9+/]{3}=?)?):(?:\s*;.*)?$/u,
  "Repr-Digest":
    /^([a-z*][a-z0-9_.*-]*)=:((?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}={0,2}|[A-Za-z0-9+/]{3}=?)?):(?:\s*;.*)?$/u,
  // Obsolete (RFC 3230), with names in any case.
  Digest: /^([A-Za-z0-9-]+)=([A-Za-z0-9+/]*={0,2})$/u,
} as const;

type FieldName = keyof typeof FIELDS;

const FIELD_NAMES: readonly FieldName[] = ["Content-Digest", "Repr-Digest", "Digest"];

/** Bytes of a SHA-256. */
const DIGEST_BYTES = 32;

/**
 * Returns the hex SHA-256 that a client sent with a body. Digests of other algorithms are ignored, as
 * RFC 9530 allows: a client may send them without knowing which ones a server supports.
 *
 * @param header returns the value of a header, without regard to case
 * @returns null if there is none
 * @throws ProblemError `malformed_request`, or `checksum_mismatch` for digests that differ: no content
 *   has both
 */
export function sentDigest(header: (name: string) => string | undefined): string | null {
  const all = FIELD_NAMES.flatMap((name) => sha256In(name, header(name) ?? ""));
  const [first = null] = all;
  if (all.some((digest) => digest !== first)) throw checksumMismatch();
  return first;
}

/** Returns each SHA-256 in a header. */
function sha256In(name: FieldName, value: string): string[] {
  if (value.trim() === "") return [];
  const members = value.split(",").map((member) => FIELDS[name].exec(member.trim()));
  if (members.includes(null)) throw malformed(name);
  const known = members.filter((member) => member?.[1]?.toLowerCase() === "sha-256");
  return known.map((member) => hexOf(name, member?.[2] ?? ""));
}

function hexOf(name: FieldName, base64: string): string {
  try {
    const bytes = Uint8Array.fromBase64(base64);
    if (bytes.length === DIGEST_BYTES) return bytes.toHex();
  } catch {
    // Its padding is wrong.
  }
  throw malformed(name);
}

function malformed(name: FieldName): ProblemError {
  const form = name === "Digest" ? "sha-256=…" : "sha-256=:…:";
  const detail = `The ${name} is malformed; send \`${form}\` with the digest in base64, or no header.`;
  return new ProblemError("malformed_request", detail);
}
