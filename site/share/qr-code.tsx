import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { words } from "../i18n/page.ts";

type Rgb = readonly [number, number, number];

// By night too: cameras look for dark on light.
const DARK: Rgb = [0, 0, 0];
const LIGHT: Rgb = [255, 255, 255];
/** Light modules around the code: without them cameras do not find it. */
const MARGIN = 4;

interface QrCodeProps {
  link: string;
  /** What the link is for. */
  says: Record<"code" | "scan" | "codeLabel" | "who", string>;
  /** What else can be done with the link. */
  children?: ComponentChildren;
}

/** Opens a link as a code to be held before the camera of another device. */
export function QrCode(props: QrCodeProps) {
  const isOpen = useSignal(false);
  return (
    <>
      <button type="button" onClick={() => void (isOpen.value = true)}>
        {props.says.code}
      </button>
      {isOpen.value && <CodeDialog {...props} onClose={() => void (isOpen.value = false)} />}
    </>
  );
}

function CodeDialog({ link, says, children, onClose }: QrCodeProps & { onClose: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog ref={dialog} class="code" aria-labelledby="code-title" onClose={onClose}>
      <h2 id="code-title">{says.scan}</h2>
      <Code link={link} label={says.codeLabel} />
      <p>{says.who}</p>
      <div class="actions">
        {children}
        <button type="button" onClick={() => dialog.current?.close()}>
          {words.share.close}
        </button>
      </div>
    </dialog>
  );
}

function Code({ link, label }: { link: string; label: string }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const isMissing = useSignal(false);
  useEffect(() => {
    paint(canvas.current, link).catch(() => void (isMissing.value = true));
  }, [link]);
  if (isMissing.value) return <p role="alert">{words.share.noCode}</p>;
  return <canvas ref={canvas} role="img" aria-label={label} />;
}

async function paint(canvas: HTMLCanvasElement | null, text: string): Promise<void> {
  // Few open it, so it is loaded for those who do.
  const { generate } = await import("lean-qr");
  if (canvas !== null) generate(text).toCanvas(canvas, { on: DARK, off: LIGHT, pad: MARGIN });
}
