import { Announcement } from "../announce/announcement.tsx";
import { words } from "../i18n/page.ts";
import type { ResumeController } from "./resume-controller.ts";

/**
 * Asks before a batch of a link is opened: files that are added to it go to the person who made the link.
 */
export function LinkedBatch({ controller }: { controller: ResumeController }) {
  if (controller.linked.value === null) return null;
  const { title, text, accept, decline } = words.resume.link;
  return (
    <section class="offers" aria-label={title}>
      <article class="offer">
        <div>
          <p class="offer-title">{title}</p>
          <p class="offer-date">{text}</p>
          <Announcement text={`${title} ${text}`} />
        </div>
        <div class="actions">
          <button type="button" class="primary" onClick={() => void controller.acceptLinked()}>
            {accept}
          </button>
          <button type="button" onClick={() => controller.declineLinked()}>
            {decline}
          </button>
        </div>
      </article>
    </section>
  );
}
