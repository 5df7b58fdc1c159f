import { failedCode } from "./later-code.ts";

/** Shown in place of a batch until it is here, with the code that shows it. @param text says what is awaited */
export function BatchLoading({ text }: { text: string }) {
  // `LoadProblem` says that it isn't being loaded.
  return failedCode.value.length > 0 ? null : <h1 class="note">{text}</h1>;
}
