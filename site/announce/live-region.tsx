import { type Signal, signal } from "@preact/signals";
import { createContext } from "preact";
import { useContext } from "preact/hooks";

/** The text that is being announced: the page's; inside another page, that of each element. */
export const AnnouncedText = createContext<Signal<string>>(signal(""));

/**
 * The only live region that the page has for news; an open dialog has another one, as the page behind it is
 * inert. Beside it are alerts, for problems that a person must act on at once, and the name of the picture in
 * the lightbox. It is there before its first text: screen readers announce what changes in a region that they
 * know. The elements load the `Announcer` that fills it later.
 */
export function LiveRegion() {
  return (
    <p class="visually-hidden" role="status" data-announcer>
      {useContext(AnnouncedText)}
    </p>
  );
}
