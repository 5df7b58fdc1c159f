import { type ReadonlySignal, useComputed } from "@preact/signals";
import { splitName } from "./split-name.ts";

/**
 * A file's name, which a narrow place cuts in the middle. Screen readers, the search of the browser and
 * copies have the name in one piece.
 */
export function FileName({ name }: { name: ReadonlySignal<string> }) {
  const split = useComputed(() => splitName(name.value));
  if (split.value === null) return <bdi class="file-name">{name}</bdi>;
  const { head, tail } = split.value;
  return (
    <bdi class="file-name is-split">
      <span class="visually-hidden">{name}</span>
      <span class="file-name-head" aria-hidden="true">
        {head}
      </span>
      <span aria-hidden="true">{tail}</span>
    </bdi>
  );
}
