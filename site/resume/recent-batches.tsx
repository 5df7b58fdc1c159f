import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { serverNow } from "../../client/api/server-time.ts";
import { format } from "../i18n/index.ts";
import { words } from "../i18n/page.ts";
import { shownName } from "../ui/shown-name.ts";
import { moment } from "./moment.ts";
import type { RecentBatch } from "./recent-batch-list.ts";
import type { ResumeController } from "./resume-controller.ts";

/** Batches shown at first, and more with each "Show more". */
const SHOWN = 5;
const STEP = 50;

/** Lists the batches that were recently created from this browser, if there are any. */
export function RecentBatches({ controller }: { controller: ResumeController }) {
  const { offers, recent } = controller;
  if (recent.all.value === null)
    return recent.hasFailed.value ? <p class="recent">{words.recent.loadFailed}</p> : null;
  const offered = new Set(offers.all.value.map(({ batch }) => batch.id));
  const batches = recent.all.value.filter(({ id }) => !offered.has(id));
  if (batches.length === 0 && offered.size > 0) return null;
  return (
    <section class="recent" aria-labelledby="recent-title">
      <h2 id="recent-title">{words.recent.title}</h2>
      {batches.length > 0 ? (
        <BatchList controller={controller} batches={batches} />
      ) : (
        <p>{words.recent.none}</p>
      )}
      {recent.hasFailed.value && <p role="alert">{words.recent.loadFailed}</p>}
    </section>
  );
}

interface BatchListProps {
  controller: ResumeController;
  batches: readonly RecentBatch[];
}

function BatchList({ controller: { recent }, batches }: BatchListProps) {
  const count = useSignal(SHOWN);
  const shown = batches.slice(0, count.value);
  const isAll = shown.length === batches.length && !recent.hasMore.value;
  const showMore = async (): Promise<void> => {
    count.value += STEP;
    if (count.value > batches.length) await recent.loadMore();
  };
  return (
    <>
      <ul>
        {shown.map((batch) => (
          <BatchItem key={batch.id} batch={batch} />
        ))}
      </ul>
      {!isAll && (
        <button type="button" class="quiet" onClick={() => void showMore()}>
          {words.recent.more}
        </button>
      )}
    </>
  );
}

function BatchItem({ batch }: { batch: RecentBatch }) {
  const { createdAt, files, name, link, pictures } = batch;
  const title = name ? <bdi>{shownName(name)}</bdi> : moment(createdAt);
  return (
    <li>
      <div class={name ? "recent-title" : "recent-title recent-date"}>
        {link === null ? title : <a href={link}>{title}</a>}
      </div>
      {pictures && <Pictures strip={pictures} />}
      <div class="recent-detail">
        <span>{words.files(files)}</span>
        {name && <span>{moment(createdAt)}</span>}
        <span>{stateText(batch)}</span>
      </div>
    </li>
  );
}

/** "Link until …" for a batch that is done: that is what matters from then on. */
function stateText({ state, linkEnd }: RecentBatch): string {
  const { states, linkUntil, linkExpired, linkEnded } = words.recent;
  if (state !== "completed" || linkEnd === null) return states[state];
  if (linkEnd === "ended") return linkEnded;
  return linkEnd <= serverNow() ? linkExpired : linkUntil(format.date(linkEnd));
}

/** The row of pictures as one image. Its name, the batch's, stands beside it. */
function Pictures({ strip }: { strip: Blob }) {
  const image = useRef<HTMLImageElement>(null);
  useEffect(() => {
    const url = URL.createObjectURL(strip);
    if (image.current !== null) image.current.src = url;
    return () => URL.revokeObjectURL(url);
  }, [strip]);
  return <img ref={image} class="recent-pictures" alt="" />;
}
