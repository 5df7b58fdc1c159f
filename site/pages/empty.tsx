import { LIMITS } from "../../protocol/index.ts";
import { ownerToken } from "../upload/owner-token.ts";
import type { Uploads } from "../upload/uploads.ts";
import { words } from "../i18n/page.ts";
import { PickButtons } from "../upload/pick-buttons.tsx";
import { TallyMark } from "../tally/tally-mark.tsx";

/** Was anything uploaded from this browser before? Then there is more below. */
function hasUploadedBefore(): boolean {
  return ownerToken() !== undefined;
}

/** Nothing dropped yet: what this is, and how to begin. */
export function Empty({ uploads }: { uploads: Uploads }) {
  return (
    <section class={hasUploadedBefore() ? "empty is-known" : "empty"}>
      <div>
        <h1>
          <span>{words.empty.title}</span> <span>{words.empty.promise}</span>
        </h1>
        <p class="lead">{words.landing.lead(LIMITS.files)}</p>
        <p class="hint">{words.landing.hint}</p>
        <div class="actions">
          <PickButtons
            kind="primary"
            files={words.drop.chooseFiles}
            folder={words.drop.chooseFolder}
            onPick={(files) => uploads.addPicked(files)}
          />
        </div>
      </div>
      <TallyMark />
    </section>
  );
}
