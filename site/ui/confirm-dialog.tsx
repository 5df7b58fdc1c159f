import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef } from "preact/hooks";

interface ConfirmDialogProps {
  title: string;
  /** The effect of the action, as one sentence. */
  text: string;
  /** The button for it, a verb. */
  accept: string;
  decline: string;
  onAccept: () => void;
  /** Called when the dialog closes, accepted or not. */
  onClose: () => void;
  children?: ComponentChildren;
}

/** Asks before an action that can't be undone. Escape and the first focus decline it. */
export function ConfirmDialog(props: ConfirmDialogProps) {
  const { title, text, accept, decline, onAccept, onClose, children } = props;
  const dialog = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => dialog.current?.showModal(), []);
  const run = (): void => {
    // Closed first, so that the focus returns to the button that opened it.
    dialog.current?.close();
    onAccept();
  };
  return (
    <dialog
      ref={dialog}
      class="dialog"
      aria-labelledby={`${id}-title`}
      aria-describedby={`${id}-text`}
      onClose={onClose}
    >
      <h2 id={`${id}-title`}>{title}</h2>
      <p id={`${id}-text`}>{text}</p>
      {children}
      <div class="actions">
        <button type="button" autofocus onClick={() => dialog.current?.close()}>
          {decline}
        </button>
        <button type="button" class="primary" onClick={run}>
          {accept}
        </button>
      </div>
    </dialog>
  );
}
