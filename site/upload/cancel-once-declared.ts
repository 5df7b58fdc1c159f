import type { Source, Uploader } from "../../client/index.ts";

/**
 * Cancels a file as soon as it is declared. It is known by its source: if other files are declared first,
 * by another client or in place of earlier ones, it gets another id than it was listed with.
 */
export function cancelOnceDeclared(
  uploader: Pick<Uploader, "cancel" | "on">,
  source: Source,
): void {
  const off = uploader.on("files", ({ first, sources = [] }) => {
    const index = sources.indexOf(source);
    if (index < 0) return;
    off();
    void uploader.cancel([first + index]);
  });
}
