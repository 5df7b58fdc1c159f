import { useSignal } from "@preact/signals";
import { type ClientCode, ProblemError } from "../../client/index.ts";
import { type BatchResource, percentOf } from "../../protocol/index.ts";
import { words } from "../i18n/page.ts";
import { shareLink } from "../share/links.ts";
import { shownName } from "../ui/shown-name.ts";
import { hasFolderDialog } from "../upload/folder-dialog.ts";
import { PickButton } from "../upload/pick-buttons.tsx";
import { moment } from "./moment.ts";
import type { ResumeController } from "./resume-controller.ts";
import type { ResumeOffer } from "./resume-offers.ts";

/** The unfinished batches of earlier visits, with buttons to resume or cancel them. */
export function ResumeOfferList({ controller }: { controller: ResumeController }) {
  const offers = controller.offers.all.value;
  if (offers.length === 0) return null;
  return (
    <section class="offers" aria-label={words.resume.title}>
      {offers.map((offer) => (
        <OfferCard key={offer.batch.id} offer={offer} controller={controller} />
      ))}
    </section>
  );
}

interface OfferProps {
  offer: ResumeOffer;
  controller: ResumeController;
}

function OfferCard({ offer, controller }: OfferProps) {
  const title = progressText(offer);
  return (
    // Each offer has buttons of the same names.
    <article class="offer" aria-label={title}>
      <div>
        <p class="offer-title">{title}</p>
        <p class="offer-date">{dateText(offer)}</p>
      </div>
      <div class="actions">
        {offer.isOpenInOtherTab ? (
          <WatchLink offer={offer} />
        ) : (
          <OfferActions offer={offer} controller={controller} />
        )}
      </div>
      {offer.status && <StoredBar {...offer.status} />}
    </article>
  );
}

function OfferActions({ offer, controller }: OfferProps) {
  const problem = useSignal<ClientCode | null>(null);
  const cancel = async (): Promise<void> => {
    if (!confirm(words.controls.confirmCancel)) return;
    try {
      await controller.offers.cancel(offer);
    } catch (error) {
      if (!(error instanceof ProblemError)) throw error;
      problem.value = error.code;
    }
  };
  const { chooseFolder, chooseFiles } = words.resume;
  const isFolder = offer.batch.hasFolders && hasFolderDialog();
  const canResume = offer.hasSavedFiles || isAllSent(offer);
  return (
    <>
      {canResume && (
        <button type="button" class="primary" onClick={() => void controller.resume(offer)}>
          {words.controls.resume}
        </button>
      )}
      <PickButton
        label={isFolder ? chooseFolder : chooseFiles}
        kind={canResume ? "plain" : "primary"}
        folder={isFolder}
        // Copied, as the input's FileList is emptied right after this.
        onPick={(files) => void controller.resume(offer, Array.from(files))}
      />
      <button type="button" onClick={() => void cancel()}>
        {words.controls.cancel}
      </button>
      {problem.value !== null && <p role="alert">{words.problem(problem.value)}</p>}
    </>
  );
}

function WatchLink({ offer: { batch } }: { offer: ResumeOffer }) {
  const { read } = batch.tokens;
  if (read === undefined) return null;
  return (
    <a href={shareLink({ id: batch.id, tokens: { read } }, location.origin)}>{words.resume.view}</a>
  );
}

/** The share of the bytes that the server has, and of those whose files are stored. */
function StoredBar({ totals, percentStored = 0 }: BatchResource) {
  const sent = Math.max(percentStored, percentOf(totals.receivedBytes, totals.bytes));
  return (
    <div
      class="bar"
      aria-hidden="true"
      style={{ "--sent": `${sent}%`, "--stored": `${percentStored}%` }}
    />
  );
}

/** True if no file has to be sent any more. */
function isAllSent({ status }: ResumeOffer): boolean {
  return status !== undefined && status.totals.queued + status.totals.uploading === 0;
}

function progressText({ batch, status }: ResumeOffer): string {
  const name = status?.metadata["name"] ?? batch.name;
  const title = typeof name === "string" && name !== "" ? shownName(name) : words.resume.unnamed;
  if (status === undefined) return words.resume.unknownProgress(title);
  const { files, completed, processing } = status.totals;
  return words.resume.stored(title, completed + processing, files);
}

function dateText({ batch, status, isOpenInOtherTab }: ResumeOffer): string {
  const { openInOtherTab, paused, started } = words.resume;
  const date = moment(batch.createdAt);
  if (isOpenInOtherTab) return openInOtherTab(date);
  return status?.state === "paused" ? paused(date) : started(date);
}
