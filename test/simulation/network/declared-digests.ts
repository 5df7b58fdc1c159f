import * as v from "valibot";

const Declaration = v.looseObject({ files: v.array(v.looseObject({ name: v.string() })) });

/**
 * Adds its digest to every second file that a request declares: the client in `client/` declares none,
 * and other programs may.
 *
 * @param digests hex SHA-256 by name
 */
export function withDeclaredDigests(
  init: RequestInit,
  digests: ReadonlyMap<string, string>,
): RequestInit {
  const { body } = init;
  if (typeof body !== "string" || !body.startsWith("{")) return init;
  const declaration: unknown = JSON.parse(body);
  if (!v.is(Declaration, declaration)) return init;
  const files = declaration.files.map((file) => {
    const sha256 = digests.get(file.name);
    return sha256 !== undefined && Number.parseInt(file.name) % 2 === 0
      ? { ...file, sha256 }
      : file;
  });
  return { ...init, body: JSON.stringify({ ...declaration, files }) };
}
