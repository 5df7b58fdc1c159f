/** An event of `GET …/events`. */
export interface ServerSentEvent {
  id?: string;
  event?: string;
  /** JSON. */
  data: string;
}

/** Yields the events of a stream, and cancels it when the caller stops. */
export async function* serverSentEvents(response: Response): AsyncGenerator<ServerSentEvent> {
  const decoder = new TextDecoder();
  const body: ReadableStream<Uint8Array> | null = response.body;
  let text = "";
  for await (const chunk of body ?? []) {
    const blocks = (text + decoder.decode(chunk, { stream: true })).split("\n\n");
    text = blocks.pop() ?? "";
    for (const block of blocks) if (!block.startsWith(":")) yield eventOf(block);
  }
}

function eventOf(block: string): ServerSentEvent {
  const lines = block.split("\n").map((line): [string, string] => {
    const colon = line.indexOf(": ");
    return [line.slice(0, colon), line.slice(colon + 2)];
  });
  const fields: Record<string, string> = Object.fromEntries(lines);
  return { data: "", ...fields };
}
