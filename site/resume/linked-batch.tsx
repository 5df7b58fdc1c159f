import { Announcement, Spoken } from "../announce/announcement.tsx";
import { words } from "../i18n/page.ts";
import { useUnsaved } from "../upload/leave-guard.tsx";
import type { Uploads } from "../upload/uploads.ts";
import type { ResumeController } from "./resume-controller.ts";

interface LinkedBatchProps {
  uploads: Uploads;
  controller: ResumeController;
}

/**
 * Asks before a batch of a link is opened: files that are added to it go to the person who made the link.
 */
export function LinkedBatch({ uploads, controller }: LinkedBatchProps) {
  const { value: answer } = controller.linked;
  // Its address is no longer that of the link.
  useUnsaved(() => controller.linked.peek() !== null);
  if (answer === null) return null;
  const { title, text, waiting, accept, decline } = words.resume.link;
  return (
    <section class="offers" aria-label={title}>
      <article class="offer">
        <div>
          <p class="offer-title">{title}</p>
          <p class="offer-date">{text}</p>
          <Announcement text={`${title} ${text}`} />
          {uploads.waiting.value > 0 && (
            <p class="offer-date">
              <Spoken text={waiting} />
            </p>
          )}
        </div>
        <div class="actions">
          <button type="button" class="primary" onClick={() => answer(true)}>
            {accept}
          </button>
          <button type="button" onClick={() => answer(false)}>
            {decline}
          </button>
        </div>
      </article>
    </section>
  );
}
