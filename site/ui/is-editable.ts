/** Types of inputs that take no text. */
const NO_TEXT = new Set(["button", "checkbox", "file", "radio", "range", "reset", "submit"]);

/** True if the event's target takes text, also in the shadow tree of an element. */
export function isEditable(event: Event): boolean {
  const [target] = event.composedPath();
  if (target instanceof HTMLInputElement) return !NO_TEXT.has(target.type) && !target.readOnly;
  if (target instanceof HTMLTextAreaElement) return !target.readOnly;
  return target instanceof HTMLElement && target.isContentEditable;
}
