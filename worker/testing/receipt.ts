import { compactVerify, importJWK } from "jose";
import type { Receipt, ReceiptFile, ReceiptKeySet } from "../../protocol/index.ts";
import { sha256Hex } from "../upload/digest.ts";

/** Returns the text of a response. workerd warns of `text()` for types that it doesn't know. */
export async function textOf(response: Response): Promise<string> {
  return new TextDecoder().decode(await response.bytes());
}

/**
 * Returns the content of a receipt, verified with another library than the client's own.
 *
 * @throws Error if its signature or the digest of its lines is not valid
 */
export async function verifyReceipt(
  text: string,
  { keys }: ReceiptKeySet,
): Promise<{ receipt: Receipt; files: ReceiptFile[]; header: object }> {
  const all = text.split("\n");
  const last = await new Response(all.at(-2)).json<{ receipt: Receipt; jws: string }>();
  const { payload, protectedHeader } = await compactVerify(last.jws, ({ kid }) => {
    const key = keys.find((each) => each.kid === kid);
    if (!key) throw new Error("There is no key with this id.");
    return importJWK({ ...key });
  });
  const signed = new TextDecoder().decode(payload);
  if (signed !== JSON.stringify(last.receipt)) throw new Error("Another receipt is signed.");
  const lines = all.slice(0, -2).map((line) => `${line}\n`);
  const sha256 = await sha256Hex(new TextEncoder().encode(lines.join("")));
  if (sha256 !== last.receipt.sha256) throw new Error("The lines are not those that were signed.");
  const files = await new Response(`[${lines.join(",")}]`).json<ReceiptFile[]>();
  return { receipt: last.receipt, files, header: protectedHeader };
}
