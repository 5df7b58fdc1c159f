import { useSignal, useSignalEffect } from "@preact/signals";
import { LiveRegion } from "../announce/live-region.tsx";
import type * as Loaded from "./lightbox.tsx";

/** The lightbox while a file is open in it. Its code is loaded when the first one is opened. */
export function LazyLightbox(props: Loaded.LightboxProps) {
  const loaded = useSignal<Pick<typeof Loaded, "Lightbox"> | null>(null);
  useSignalEffect(() => {
    if (props.file.value === null || loaded.peek() !== null) return;
    import("./lightbox.tsx").then(
      ({ Lightbox }) => void (loaded.value = { Lightbox }),
      // Without the code the file stays in the list, from which it can be downloaded.
      () => void (props.file.value = null),
    );
  });
  if (props.file.value === null || loaded.value === null) return null;
  const { Lightbox } = loaded.value;
  return (
    <Lightbox {...props}>
      <LiveRegion />
    </Lightbox>
  );
}
