/** Writing direction, as in HTML's `dir`. */
type Direction = "ltr" | "rtl";

/**
 * The English text of an empty uploader: all that the elements have before their batch module has loaded.
 * Another language is a file like this one beside it.
 */
export function boxWords() {
  return {
    direction: "ltr" as Direction,
    empty: {
      title: "Drop your files.",
      promise: "Every one is counted.",
      hint: "Drop them here, or",
    },
    pick: {
      files: "Choose files",
      folder: "Choose folder",
      drop: "Drop to upload",
      /** Name of a file. @param moment date and time */
      pasted: (moment: string) => `Pasted image ${moment}`,
    },
    load: {
      waiting: "Preparing the upload…",
      failed:
        "Part of this page couldn't be loaded. Check your connection, then retry. If it keeps failing, reload the page.",
      retry: "Retry",
    },
    opening: {
      loading: "Loading batch…",
      unavailable: "This batch can't be shown.",
    },
  };
}

/** Text of an empty uploader, in one language. */
export type BoxWords = ReturnType<typeof boxWords>;
