import type { ReadonlySignal } from "@preact/signals";
import type { Board } from "../batch/board.ts";
import { words } from "../i18n/page.ts";
import { shownName } from "../ui/shown-name.ts";
import type { Place } from "./place.ts";

interface LightboxBarProps {
  board: Board;
  contentLink: (file: number) => string | null;
  place: ReadonlySignal<Place | null>;
  onClose: () => void;
}

/** The file's name and place, and buttons to download it and to close the lightbox. */
export function LightboxBar({ board, place, contentLink, onClose }: LightboxBarProps) {
  const { value: shown } = place;
  const name = shown === null ? "" : shownName(board.ledger.name(shown.file));
  const link = shown === null ? null : contentLink(shown.file);
  // A live region of its own, which does not wait: it changes at a person's step only.
  return (
    <div class="lightbox-bar">
      <p role="status">
        {shown && (
          <>
            <bdi title={name}>{name}</bdi> <span>{words.lightbox.place(shown)}</span>
          </>
        )}
      </p>
      {link !== null && (
        <a class="button" href={link} download>
          {words.lightbox.download}
        </a>
      )}
      <button type="button" onClick={onClose}>
        {words.share.close}
      </button>
    </div>
  );
}
