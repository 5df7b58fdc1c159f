import { type ReadonlySignal, useComputed } from "@preact/signals";

/**
 * The progress bar of a file that is being sent. Hidden from screen readers, which would read every row's
 * state twice: the text beside the bar says it.
 *
 * @param props.sent percentage handed to the network, 0 to 100
 */
export function SentBar({ sent }: { sent: ReadonlySignal<number> }) {
  // None of it is in the tone of stored files: no byte is stored before the file is, and then the bar is gone.
  const style = useComputed(() => `--sent: ${sent.value}%; --stored: 0%`);
  return <div class="bar" part="bar" aria-hidden="true" style={style} />;
}
