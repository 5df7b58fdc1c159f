import { useComputed, useSignal } from "@preact/signals";
import { useMemo } from "preact/hooks";
import { Announcement, Spoken } from "../announce/announcement.tsx";
import { serverNow } from "../../client/api/server-time.ts";
import type { ResumableBatch } from "../../client/index.ts";
import { isBatchOver } from "../../protocol/index.ts";
import { format } from "../i18n/index.ts";
import { words } from "../i18n/page.ts";
import { StoredValue } from "../persistence/stored-value.ts";
import { useCopying } from "../ui/clipboard.ts";
import { ConfirmDialog } from "../ui/confirm-dialog.tsx";
import { useLive } from "../ui/use-live.ts";
import { type Opening, useOpening } from "../ui/use-opening.ts";
import type { Upload } from "../upload/uploads.ts";
import type { BatchAccess } from "./batch-access.ts";
import { hasLinkExpired, linkEnd } from "./link-end.ts";
import { resumeLink, shareLink } from "./links.ts";
import { photoCount } from "./photos.ts";
import { PrintedLink } from "./printed-link.tsx";
import { QrCode } from "./qr-code.tsx";

interface ShareObjectProps {
  upload: Upload;
  access: BatchAccess;
  /** Deletes the batch; the promise resolves with false if the server couldn't be told. */
  onDelete: () => Promise<boolean>;
}

/** The batch's link: how to hand it on, how long it works, and how to end it or delete the files. */
export function ShareObject(props: ShareObjectProps) {
  const { upload, access } = props;
  const read = access.read.value;
  const id = useLive(upload.board, () => upload.uploader.resumableBatch?.id ?? null).value;
  if (id === null) return null;
  const hasExpired = read !== null && hasLinkExpired(read, serverNow());
  return (
    <section class="share" aria-label={words.share.title}>
      {read === null || hasExpired ? (
        <NoLink access={access} hasExpired={hasExpired} />
      ) : (
        <Link
          upload={upload}
          read={read}
          link={shareLink({ id, tokens: { read } }, location.origin)}
        />
      )}
      <ShareActions {...props} hasLink={read !== null && !hasExpired} />
    </section>
  );
}

/** The link as a field, from the first second, with its buttons and what it allows. */
function Link({ upload, read, link }: { upload: Upload; read: string; link: string }) {
  const { isCopied, hasFailed, copy } = useCopying();
  const photos = usePhotosNote(upload);
  const copyLink = (): void => {
    photos.remember();
    void copy(link);
  };
  return (
    <>
      <input
        readOnly
        value={link}
        dir="ltr"
        aria-label={words.share.link}
        onFocus={(event) => event.currentTarget.select()}
      />
      <LinkButtons link={link} isCopied={isCopied.value} onCopy={copyLink} />
      <QrCode link={link} texts={words.share} />
      <PrintedLink link={link} />
      <p class="access-note">
        {words.share.note} <LinkEndText upload={upload} read={read} />{" "}
        {photos.isShown.value && words.share.photos}
      </p>
      <Announcement text={isCopied.value ? words.share.copied : ""} />
      {hasFailed.value && <p role="alert">{words.share.copyFailed}</p>}
    </>
  );
}

interface LinkButtonsProps {
  link: string;
  isCopied: boolean;
  onCopy: () => void;
}

/** Copy, and before it the system's share sheet on devices that are held in a hand. */
function LinkButtons({ link, isCopied, onCopy }: LinkButtonsProps) {
  const hasSheet = hasShareSheet();
  const send = (): void => {
    // A person who closes the sheet without a choice causes an error, too.
    navigator.share({ url: link }).catch(() => undefined);
  };
  return (
    <>
      {hasSheet && (
        <button type="button" class="primary" onClick={send}>
          {words.share.send}
        </button>
      )}
      <button type="button" class={hasSheet ? "" : "primary"} onClick={onCopy}>
        {isCopied ? words.share.copied : words.share.copy}
      </button>
    </>
  );
}

/** Desktops have share sheets as well, which hardly anyone uses: there Copy is what people look for. */
function hasShareSheet(): boolean {
  return "share" in navigator && matchMedia("(pointer: coarse)").matches;
}

/** The words of the link's end. */
function LinkEndText({ upload: { uploader, board }, read }: { upload: Upload; read: string }) {
  const { limits } = uploader.resumableBatch ?? {};
  const end = useComputed(() => linkEnd(read, board.batch.value, limits, serverNow())).value;
  if (end === null) return null;
  const text =
    "until" in end ? words.share.until(format.date(end.until)) : words.share.daysAfter(end.days);
  return <>{text}</>;
}

const photosTold = new StoredValue(() => localStorage, "tallyman:photos-told");

/** The sentence about data in photos, until a link to photos was handed on from this browser. */
function usePhotosNote({ board }: Upload) {
  const isNew = useMemo(() => photosTold.get() === null, []);
  const photos = useMemo(() => photoCount(board.ledger), [board]);
  const isShown = useComputed(() => {
    void board.tick.value;
    return isNew && photos.value > 0;
  });
  // It stays for this visit: a line that disappears at a click would move the button away.
  return { isShown, remember: () => isShown.peek() && photosTold.set("yes") };
}

function NoLink({ access, hasExpired }: { access: BatchAccess; hasExpired: boolean }) {
  const isMaking = useSignal(false);
  const text = hasExpired ? words.share.expired : words.share.ended;
  const make = async (): Promise<void> => {
    isMaking.value = true;
    await access.makeLink();
    isMaking.value = false;
  };
  return (
    <>
      <p class="link-ended">
        <Spoken text={text} />
      </p>
      <button type="button" aria-disabled={isMaking.value} onClick={() => void make()}>
        {words.share.make}
      </button>
    </>
  );
}

/** Buttons that are needed rarely: they end the link, delete the files, or continue elsewhere. */
function ShareActions(props: ShareObjectProps & { hasLink: boolean }) {
  const { uploader, board } = props.upload;
  const [question, ask] = useOpening<Question>();
  const isUnfinished = useLive(board, () => !isBatchOver(uploader.batch?.state ?? "active")).value;
  return (
    <div class="share-actions">
      {props.hasLink && (
        <button type="button" class="quiet" onClick={() => ask("end")}>
          {words.share.end}
        </button>
      )}
      <button type="button" class="quiet" onClick={() => ask("delete")}>
        {words.share.delete}
      </button>
      {isUnfinished && uploader.resumableBatch && (
        <OtherDevice link={linkToResume(uploader.resumableBatch, props.access)} />
      )}
      {question && (
        <AskFirst {...props} key={question} question={question} isUnfinished={isUnfinished} />
      )}
    </div>
  );
}

/** The uploader knows only the first read token, which may have ended since. */
function linkToResume({ id, tokens: { write } }: ResumableBatch, { read }: BatchAccess): string {
  const tokens = { write, ...(read.value !== null && { read: read.value }) };
  return resumeLink({ id, tokens }, location.origin);
}

/** An action that a person confirms first. */
type Question = "end" | "delete";

interface AskFirstProps extends ShareObjectProps {
  question: Opening<Question>;
  isUnfinished: boolean;
}

function AskFirst({ upload, access, onDelete, question, isUnfinished }: AskFirstProps) {
  const { confirmEnd, confirmDelete } = words.share;
  const isEnd = question.about === "end";
  return (
    <ConfirmDialog
      {...(isEnd ? confirmEnd : confirmDelete(upload.board.fileCount.value, isUnfinished))}
      onAccept={() => void (isEnd ? access.endLink() : onDelete())}
      onClose={question.close}
    />
  );
}

/** The private link with which the upload continues on another device. */
function OtherDevice({ link }: { link: string }) {
  const { isCopied, hasFailed, copy } = useCopying();
  return (
    <QrCode link={link} texts={words.resumeLink} class="quiet">
      <button type="button" onClick={() => void copy(link)}>
        {isCopied.value ? words.share.copied : words.resumeLink.copy}
      </button>
      <Announcement text={isCopied.value ? words.share.copied : ""} />
      {hasFailed.value && (
        <input
          readOnly
          value={link}
          dir="ltr"
          aria-label={words.share.link}
          onFocus={(event) => event.currentTarget.select()}
        />
      )}
    </QrCode>
  );
}
