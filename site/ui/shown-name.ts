/** Marks, embeddings, overrides and isolates, which change the direction of the text around them. */
const BIDI_CONTROLS = /[\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069]/gu;

/**
 * Returns a name with a visible sign for each bidirectional control. Otherwise `photo_` and `gpj.exe`
 * with an override in between look like `photo_exe.jpg`.
 */
export function shownName(name: string): string {
  return name.replace(BIDI_CONTROLS, "\u{FFFD}");
}
