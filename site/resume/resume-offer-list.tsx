import { useSignal } from "@preact/signals";
import type { ClientCode } from "../../client/index.ts";
import { ProblemError } from "../../client/index.ts";
import { PickButton } from "../upload/pick-buttons.tsx";
import { shareLink } from "../share/links.ts";
import { words } from "../i18n/page.ts";
import { moment } from "./moment.ts";
import type { ResumeOffer } from "./resume-offers.ts";
import type { ResumeController } from "./resume-controller.ts";

/** What an earlier page did not finish, and how to go on with it. */
export function ResumeOfferList({ controller }: { controller: ResumeController }) {
  const offers = controller.offers.all.value;
  if (offers.length === 0) return null;
  return (
    <section class="offers" aria-label={words.returning.title}>
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
  return (
    <article class="offer">
      <div>
        <p class="offer-title">{storedWords(offer)}</p>
        <p class="offer-when">{whenWords(offer)}</p>
      </div>
      <div class="actions">
        {offer.isOpenInOtherTab ? (
          <WatchLink offer={offer} />
        ) : (
          <OfferActions offer={offer} controller={controller} />
        )}
      </div>
      {offer.status && <StoredBar share={offer.status.percentComplete} />}
    </article>
  );
}

function OfferActions({ offer, controller }: OfferProps) {
  const problem = useSignal<ClientCode | null>(null);
  const callOff = async (): Promise<void> => {
    if (!confirm(words.run.confirm)) return;
    try {
      await controller.offers.cancel(offer);
    } catch (error) {
      if (!(error instanceof ProblemError)) throw error;
      problem.value = error.code;
    }
  };
  const { folderAgain, filesAgain } = words.returning;
  const canResume = offer.hasSavedFiles || isAllThere(offer);
  return (
    <>
      {canResume && (
        <button type="button" class="primary" onClick={() => void controller.resume(offer)}>
          {words.run.resume}
        </button>
      )}
      <PickButton
        label={offer.batch.hasFolders ? folderAgain : filesAgain}
        kind={canResume ? "plain" : "primary"}
        folder={offer.batch.hasFolders}
        // A copy: the field is emptied at once.
        onPick={(files) => void controller.resume(offer, Array.from(files))}
      />
      <button type="button" onClick={() => void callOff()}>
        {words.run.cancel}
      </button>
      {problem.value !== null && <p role="alert">{words.problem(problem.value)}</p>}
    </>
  );
}

function WatchLink({ offer: { batch } }: { offer: ResumeOffer }) {
  const { read } = batch.tokens;
  if (read === undefined) return null;
  return (
    <a href={shareLink({ id: batch.id, tokens: { read } }, location.origin)}>
      {words.returning.watch}
    </a>
  );
}

/** @param share 0 to 100 */
function StoredBar({ share }: { share: number }) {
  return (
    <div
      class="bar"
      aria-hidden="true"
      style={{ "--sent": `${share}%`, "--confirmed": `${share}%` }}
    />
  );
}

function isAllThere({ status }: ResumeOffer): boolean {
  return status !== undefined && status.totals.queued + status.totals.uploading === 0;
}

function storedWords({ status }: ResumeOffer): string {
  if (status === undefined) return words.returning.unknown;
  const { files, completed, processing } = status.totals;
  return words.returning.stored(completed + processing, files);
}

function whenWords({ batch, status, isOpenInOtherTab: isElsewhere }: ResumeOffer): string {
  const begun = moment(batch.createdAt);
  if (isElsewhere) return words.returning.elsewhere(begun);
  return status?.state === "paused" ? words.returning.paused(begun) : words.returning.begun(begun);
}
