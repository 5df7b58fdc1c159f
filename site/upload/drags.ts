import { isEditable } from "../ui/is-editable.ts";
import { carriesFiles } from "./read-drop.ts";

/** Decides which drags may drop something in a zone. */
export class Drags {
  /** True while something is dragged that comes from the zone itself, such as a picture. */
  #isOwn = false;

  constructor(zone: HTMLElement, signal: AbortSignal) {
    zone.addEventListener("dragstart", () => this.#begin(), { signal });
    zone.addEventListener("dragend", () => void (this.#isOwn = false), { signal });
  }

  /**
   * Allows a drag to drop files, always as a copy: if the source allows a move as well, browsers move
   * by default, and a mail program then deletes the mail. Anything else is refused, as browsers leave
   * the page for a dropped link. Text fields take text by themselves.
   *
   * @returns true if the drag contains files
   */
  allow(event: DragEvent): boolean {
    const { dataTransfer: transfer } = event;
    if (transfer === null) return false;
    const isAllowed = !this.#isOwn && carriesFiles(transfer);
    if (!isAllowed && isEditable(event)) return false;
    event.preventDefault();
    transfer.dropEffect = isAllowed ? "copy" : "none";
    return isAllowed;
  }

  // The list may recycle the dragged element, which then fires no dragend. A pointer that moves ends the
  // drag as well: during a drag it fires no events.
  #begin(): void {
    this.#isOwn = true;
    addEventListener("pointermove", () => void (this.#isOwn = false), { once: true });
  }
}
