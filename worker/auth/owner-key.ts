import { sha256Hex } from "../upload/digest.ts";

/**
 * Names an owner's object. Operators call their owners what they like; a key is ASCII, and does not
 * tell whoever reads a batch's token what that was.
 */
export async function ownerKey(owner: string): Promise<string> {
  return `owner-${await sha256Hex(new TextEncoder().encode(owner))}`;
}
