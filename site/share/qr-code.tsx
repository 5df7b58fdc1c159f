import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { LiveRegion } from "../announce/live-region.tsx";
import { words } from "../i18n/page.ts";
import { LazyCode } from "../ui/lazy-code.ts";
import { useOpening } from "../ui/use-opening.ts";

type Rgb = readonly [number, number, number];

// The same in dark mode, as scanners expect dark modules on a light background.
const DARK: Rgb = [0, 0, 0];
const LIGHT: Rgb = [255, 255, 255];
/** Light modules around the code, which scanners need to find it. */
const QUIET_ZONE = 4;

interface QrCodeProps {
  link: string;
  /** Texts that depend on the link's purpose. */
  texts: Record<"code" | "codeTitle" | "codeLabel" | "note", string>;
  /** Class of the button. */
  class?: string;
  /** More actions with the link. */
  children?: ComponentChildren;
}

/** A button that opens a dialog with the link as a QR code. */
export function QrCode(props: QrCodeProps) {
  const [opening, open] = useOpening<null>();
  return (
    <>
      <button type="button" class={props.class ?? ""} onClick={() => open(null)}>
        {props.texts.code}
      </button>
      {opening && <CodeDialog {...props} key={opening} onClose={opening.close} />}
    </>
  );
}

function CodeDialog({ link, texts, children, onClose }: QrCodeProps & { onClose: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog ref={dialog} class="dialog qr-dialog" aria-labelledby="code-title" onClose={onClose}>
      <h2 id="code-title">{texts.codeTitle}</h2>
      <Code link={link} label={texts.codeLabel} />
      <p>{texts.note}</p>
      <div class="actions">
        {children}
        <button type="button" onClick={() => dialog.current?.close()}>
          {words.share.close}
        </button>
      </div>
      <LiveRegion />
    </dialog>
  );
}

/** Loaded on demand: a batch is shown without it. */
const qrCode = new LazyCode(() => import("lean-qr"));

/** The link as a picture. Its code loads with it. */
export function Code({ link, label }: { link: string; label: string }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const { value: code } = qrCode.module;
  useEffect(() => void qrCode.load(), []);
  useEffect(() => {
    if (code === null || canvas.current === null) return;
    code.generate(link).toCanvas(canvas.current, { on: DARK, off: LIGHT, pad: QUIET_ZONE });
  }, [code, link]);
  if (qrCode.hasFailed.value) return <p role="alert">{words.share.codeFailed}</p>;
  return <canvas ref={canvas} role="img" aria-label={label} />;
}
