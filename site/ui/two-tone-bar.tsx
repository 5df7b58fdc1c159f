import { type ReadonlySignal, useComputed } from "@preact/signals";

interface TwoToneBarProps {
  /** Name of the bar, for screen readers. */
  label: ReadonlySignal<string> | string;
  /** The bar's value as text, for screen readers. */
  text: ReadonlySignal<string>;
  /** Percentage handed to the network, 0 to 100. */
  sent: ReadonlySignal<number>;
  /** Percentage confirmed by the server, 0 to 100. */
  confirmed: ReadonlySignal<number>;
}

/** A progress bar with two tones: sent (lighter) runs ahead of confirmed (darker). */
export function TwoToneBar({ label, text, sent, confirmed }: TwoToneBarProps) {
  const style = useComputed(() => `--sent: ${sent.value}%; --confirmed: ${confirmed.value}%`);
  return (
    <div
      class="bar"
      part="bar"
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={confirmed}
      aria-valuetext={text}
      style={style}
    />
  );
}
