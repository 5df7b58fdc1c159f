import { type ReadonlySignal, useComputed } from "@preact/signals";

interface TwoToneBarProps {
  /** Percentage handed to the network, 0 to 100. */
  sent: ReadonlySignal<number>;
  /** Percentage confirmed by the server, 0 to 100. */
  confirmed: ReadonlySignal<number>;
}

/**
 * A progress bar with two tones: sent (lighter) runs ahead of confirmed (darker). Hidden from screen readers,
 * which would read every row's state twice: the text beside the bar says it.
 */
export function TwoToneBar({ sent, confirmed }: TwoToneBarProps) {
  const style = useComputed(() => `--sent: ${sent.value}%; --confirmed: ${confirmed.value}%`);
  return <div class="bar" part="bar" aria-hidden="true" style={style} />;
}
