import type { Source } from "../../client/index.ts";

/** Content that firewalls of these tests refuse. */
export const REFUSED = "EICAR-STANDARD-ANTIVIRUS-TEST-FILE";

/** Makes files of zeros in memory, named by their numbers. */
export function zeros(files: number, bytes: number, prefix = ""): Source[] {
  const blob = new Blob([new Uint8Array(bytes)]);
  return Array.from({ length: files }, (_, number) => ({ name: `${prefix}${number}`, blob }));
}

/** Makes a file that firewalls refuse. @param at the offset of the refused content */
export function refusedFile(name: string, bytes: number, at = 0): Source {
  const content = Buffer.alloc(bytes);
  content.write(REFUSED, at);
  return { name, blob: new Blob([content]) };
}
