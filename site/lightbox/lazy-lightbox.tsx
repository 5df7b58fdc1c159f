import { useSignalEffect } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { LiveRegion } from "../announce/live-region.tsx";
import { words } from "../i18n/page.ts";
import { LazyCode } from "../ui/lazy-code.ts";
import type { LightboxProps } from "./lightbox.tsx";

const lightbox = new LazyCode(() => import("./lightbox.tsx"));

/** The lightbox while a file is open in it. Its code is loaded when the first one is opened. */
export function LazyLightbox(props: LightboxProps) {
  useSignalEffect(() => {
    if (props.file.value !== null) void lightbox.load();
  });
  if (props.file.value === null) return null;
  const { value: code } = lightbox.module;
  if (code !== null)
    return (
      <code.Lightbox {...props}>
        <LiveRegion />
      </code.Lightbox>
    );
  return lightbox.hasFailed.value ? (
    <LoadProblem onClose={() => void (props.file.value = null)} />
  ) : null;
}

/** Says that the lightbox could not be loaded. The file can be downloaded from the list. */
function LoadProblem({ onClose }: { onClose: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog
      ref={dialog}
      class="dialog"
      data-load-problem
      aria-label={words.lightbox.title}
      onClose={onClose}
    >
      <p role="alert">{words.load.failed}</p>
      <div class="actions">
        <button type="button" class="primary" onClick={() => void lightbox.load()}>
          {words.load.retry}
        </button>
        <button type="button" onClick={() => dialog.current?.close()}>
          {words.share.close}
        </button>
      </div>
    </dialog>
  );
}
