import { transport } from "#transport";
import { partLayout } from "../../protocol/index.ts";

/**
 * Sends a file to the bare Worker in the parts that Tallyman would make of it. They are not put
 * together: the Worker is to do nothing but `uploadPart`.
 *
 * @param lanes parts in flight
 * @returns how many ms all parts took; opening the upload is not counted
 */
export async function uploadBareParts(origin: string, file: Blob, lanes: number): Promise<number> {
  const opened = await fetch(`${origin}/large.bin`, { method: "POST" });
  const address = `${origin}/large.bin?upload=${encodeURIComponent(await opened.text())}`;
  const start = performance.now();
  const parts = partsOf(file);
  await Promise.all(Array.from({ length: lanes }, () => sendAll(address, parts)));
  return performance.now() - start;
}

/** One lane: takes from the same iterator as the others do. */
async function sendAll(
  address: string,
  parts: Iterable<{ number: number; body: Blob }>,
): Promise<void> {
  for (const { number, body } of parts) {
    const request = { method: "PUT", url: `${address}&part=${number}`, headers: {}, body } as const;
    const { status } = await transport(request, () => undefined, new AbortController().signal);
    if (status !== 204) throw new Error(`The bare Worker answered ${status}.`);
  }
}

function* partsOf(file: Blob) {
  const { partBytes, count } = partLayout(file.size);
  for (let number = 1; number <= count; number++) {
    yield { number, body: file.slice((number - 1) * partBytes, number * partBytes) };
  }
}
