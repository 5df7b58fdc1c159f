/** Ways to send a bundle. All read the files first, to leave out those that are gone. */
export const WAYS = ["FormData of files", "bytes", "bytes and their SHA-256"] as const;

export type Way = (typeof WAYS)[number];

/**
 * Runs in the page. Sends the files of its input, one bundle after the other.
 *
 * @returns duration in ms
 */
export async function sendBundles({
  way,
  perBundle,
}: {
  way: Way;
  perBundle: number;
}): Promise<number> {
  const files = [...(document.querySelector("input")?.files ?? [])];

  const headerOf = async (bytes: ArrayBuffer): Promise<string> => {
    if (way === "bytes") return "";
    const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
    return `Content-Digest: sha-256=:${btoa(String.fromCharCode(...digest))}:\r\n`;
  };

  const bodyOf = async (bundle: readonly File[]): Promise<FormData | Blob> => {
    const contents = await Promise.all(bundle.map((file) => file.arrayBuffer()));
    if (way === "FormData of files") {
      const form = new FormData();
      for (const [index, file] of bundle.entries()) form.append(`${index}`, file, `${index}`);
      return form;
    }
    const headers = await Promise.all(contents.map(headerOf));
    const head = (index: number): string =>
      `--bound\r\nContent-Disposition: form-data; name="${index}"; filename="${index}"\r\n${headers[index]}\r\n`;
    return new Blob(contents.flatMap((bytes, index) => [head(index), bytes, "\r\n"]));
  };

  const start = performance.now();
  for (let first = 0; first < files.length; first += perBundle) {
    const body = await bodyOf(files.slice(first, first + perBundle));
    await new Promise<void>((resolve, reject) => {
      const xhr = new XMLHttpRequest();
      xhr.open("POST", "/");
      xhr.onload = () => resolve();
      xhr.onerror = () => reject(new Error("The bundle was not sent."));
      xhr.send(body);
    });
  }
  return performance.now() - start;
}
