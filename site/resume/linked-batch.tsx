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
  const isWaiting = uploads.waiting.value > 0;
  // With files that wait, nothing else on the page is its heading.
  const Title = isWaiting ? "h1" : "p";
  return (
    <section class="offers" aria-label={title}>
      <article class="offer">
        <div>
          <Title class="offer-title">{title}</Title>
          <p class="offer-date">{text}</p>
          <Announcement text={`${title} ${text}`} />
          {isWaiting && (
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
