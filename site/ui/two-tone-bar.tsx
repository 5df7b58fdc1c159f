import { type ReadonlySignal, useComputed } from "@preact/signals";

interface TwoToneBarProps {
  /** What is being told about, for those who do not see it. */
  label: ReadonlySignal<string> | string;
  /** The same as the two tones say, in words. */
  text: ReadonlySignal<string>;
  /** 0 to 100: handed to the network. */
  sent: ReadonlySignal<number>;
  /** 0 to 100: confirmed by the server. */
  confirmed: ReadonlySignal<number>;
}

/** One bar for two progresses: the lighter tone runs ahead, the darker one is what counts. */
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
