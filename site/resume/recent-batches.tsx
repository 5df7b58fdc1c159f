import { useSignal } from "@preact/signals";
import { words } from "../i18n/page.ts";
import { moment } from "./moment.ts";
import type { RecentBatch } from "./recent-batch-list.ts";
import type { ResumeController } from "./resume-controller.ts";

/** Batches shown before "Show more". */
const SHOWN = 5;

/** Lists the batches that were recently created from this browser, if there are any. */
export function RecentBatches({
  controller: { offers, recent },
}: {
  controller: ResumeController;
}) {
  if (recent.hasFailed.value) return <p class="recent">{words.recent.loadFailed}</p>;
  if (recent.all.value === null) return null;
  const offered = new Set(offers.all.value.map(({ batch }) => batch.id));
  const batches = recent.all.value.filter(({ id }) => !offered.has(id));
  if (batches.length === 0 && offered.size > 0) return null;
  return (
    <section class="recent" aria-labelledby="recent-title">
      <h2 id="recent-title">{words.recent.title}</h2>
      {batches.length > 0 ? <BatchList batches={batches} /> : <p>{words.recent.none}</p>}
    </section>
  );
}

function BatchList({ batches }: { batches: readonly RecentBatch[] }) {
  const showsAll = useSignal(false);
  const shown = showsAll.value ? batches : batches.slice(0, SHOWN);
  const more = batches.length - shown.length;
  return (
    <>
      <ul>
        {shown.map((batch) => (
          <BatchItem key={batch.id} batch={batch} />
        ))}
      </ul>
      {more > 0 && (
        <button type="button" class="quiet" onClick={() => void (showsAll.value = true)}>
          {words.recent.more(more)}
        </button>
      )}
    </>
  );
}

function BatchItem({ batch: { createdAt, files, state, name, link } }: { batch: RecentBatch }) {
  const date = <div class="recent-date">{moment(createdAt)}</div>;
  const title = name ? <bdi>{name}</bdi> : date;
  return (
    <li>
      <div class="recent-title">
        {link === null ? title : <a href={link}>{title}</a>}
        {name && date}
      </div>
      <span>{words.files(files)}</span>
      <span>{words.recent.states[state]}</span>
    </li>
  );
}
