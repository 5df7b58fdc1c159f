import { useEffect } from "preact/hooks";
import { LIMITS } from "../../protocol/index.ts";
import { Announcement, Spoken } from "../announce/announcement.tsx";
import { words } from "../i18n/start.ts";
import { deletedFiles } from "../share/deleted-files.ts";
import { TallyMark } from "../tally/tally-mark.tsx";
import { grant } from "../upload/grant.ts";
import { credential } from "../upload/owner-token.ts";
import { acceptOf } from "../upload/accept.ts";
import { batchView } from "./later-code.ts";
import { PickButtons } from "../upload/pick-buttons.tsx";
import type { Obstacle, UploadAccess } from "../upload/upload-access.ts";
import type { Uploads } from "../upload/uploads.ts";

/** True if there may be batches to list. The page then leaves space for them. */
function mayHaveBatches(): boolean {
  return credential() !== undefined;
}

interface EmptyProps {
  uploads: Uploads;
  access: UploadAccess;
}

/** The empty page: what Tallyman does and buttons to choose files, or what a person needs first. */
export function Empty({ uploads, access }: EmptyProps) {
  const obstacle = access.obstacle.value;
  return (
    <section class={mayHaveBatches() ? "empty has-recent" : "empty"}>
      <Deleted />
      <div>
        {obstacle === null ? (
          <Invitation uploads={uploads} access={access} />
        ) : (
          <Needs obstacle={obstacle} />
        )}
      </div>
      <TallyMark />
    </section>
  );
}

/** Says that the batch that was shown here before was deleted, until the next upload starts. */
function Deleted() {
  const count = deletedFiles.value;
  useEffect(() => () => void (deletedFiles.value = null), []);
  if (count === null) return null;
  return (
    <p class="note deleted-note">
      <Spoken text={words.deleted(count)} />
    </p>
  );
}

function Invitation({ uploads, access }: EmptyProps) {
  const limits = access.value.value;
  const { files: most, keepDays } = limits;
  const view = batchView.module.value;
  const facts = [
    keepDays ? words.landing.keepDays(keepDays) : "",
    grant.value === undefined ? "" : words.access.account,
  ].filter((fact) => fact !== "");
  return (
    <>
      <h1>
        <span>{words.empty.title}</span> <span>{words.empty.promise}</span>
      </h1>
      <p class="lead">{words.landing.lead(most)}</p>
      {facts.length > 0 && <p class="facts">{facts.join(" ")}</p>}
      <p class="hint drop-hint">{words.landing.hint}</p>
      <div class="actions">
        <PickButtons
          kind="primary"
          files={words.pick.files}
          folder={words.pick.folder}
          accept={acceptOf(limits)}
          onPick={(files) => uploads.addPicked(files)}
        />
      </div>
      {/* The sentence above has the number of files. */}
      {view && <view.LimitsLine limits={{ ...limits, files: LIMITS.files }} />}
    </>
  );
}

function Needs({ obstacle }: { obstacle: Obstacle }) {
  const { title, text } = words.access[obstacle];
  return (
    <>
      <h1>{title}</h1>
      <p class="lead">{text}</p>
      <Announcement text={`${title} ${text}`} />
    </>
  );
}
