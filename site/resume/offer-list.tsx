import { useSignal } from "@preact/signals";
import type { ClientCode } from "../../client/index.ts";
import { ProblemError } from "../../client/index.ts";
import { PickButton } from "../upload/pick-buttons.tsx";
import { shareLink } from "../batch/links.ts";
import { words } from "../i18n/page.ts";
import { moment } from "./moment.ts";
import type { Offer } from "./offers.ts";
import type { Returning } from "./resume.ts";

/** What an earlier page did not finish, and how to go on with it. */
export function OfferList({ returning }: { returning: Returning }) {
  const offers = returning.offers.all.value;
  if (offers.length === 0) return null;
  return (
    <section class="offers" aria-label={words.returning.title}>
      {offers.map((offer) => (
        <OfferCard key={offer.batch.id} offer={offer} returning={returning} />
      ))}
    </section>
  );
}

interface OfferProps {
  offer: Offer;
  returning: Returning;
}

function OfferCard({ offer, returning }: OfferProps) {
  return (
    <article class="offer">
      <div>
        <p class="offer-title">{storedWords(offer)}</p>
        <p class="offer-when">{whenWords(offer)}</p>
      </div>
      <div class="actions">
        {offer.isElsewhere ? (
          <WatchLink offer={offer} />
        ) : (
          <OfferActions offer={offer} returning={returning} />
        )}
      </div>
      {offer.status && <StoredBar share={offer.status.percentComplete} />}
    </article>
  );
}

function OfferActions({ offer, returning }: OfferProps) {
  const problem = useSignal<ClientCode | null>(null);
  const callOff = async (): Promise<void> => {
    if (!confirm(words.run.confirm)) return;
    try {
      await returning.offers.callOff(offer);
    } catch (error) {
      if (!(error instanceof ProblemError)) throw error;
      problem.value = error.code;
    }
  };
  const { folderAgain, filesAgain } = words.returning;
  const canGoOn = offer.hasContents || isAllThere(offer);
  return (
    <>
      {canGoOn && (
        <button type="button" class="primary" onClick={() => void returning.goOn(offer)}>
          {words.run.resume}
        </button>
      )}
      <PickButton
        label={offer.batch.hasFolders ? folderAgain : filesAgain}
        kind={canGoOn ? "plain" : "primary"}
        folder={offer.batch.hasFolders}
        // A copy: the field is emptied at once.
        onPick={(files) => void returning.goOn(offer, Array.from(files))}
      />
      <button type="button" onClick={() => void callOff()}>
        {words.run.cancel}
      </button>
      {problem.value !== null && <p role="alert">{words.problem(problem.value)}</p>}
    </>
  );
}

function WatchLink({ offer: { batch } }: { offer: Offer }) {
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

function isAllThere({ status }: Offer): boolean {
  return status !== undefined && status.totals.queued + status.totals.uploading === 0;
}

function storedWords({ status }: Offer): string {
  if (status === undefined) return words.returning.unknown;
  const { files, completed, processing } = status.totals;
  return words.returning.stored(completed + processing, files);
}

function whenWords({ batch, status, isElsewhere }: Offer): string {
  const begun = moment(batch.createdAt);
  if (isElsewhere) return words.returning.elsewhere(begun);
  return status?.state === "paused" ? words.returning.paused(begun) : words.returning.begun(begun);
}
