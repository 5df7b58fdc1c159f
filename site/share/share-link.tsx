import { words } from "../i18n/page.ts";
import { useCopying } from "../ui/clipboard.ts";
import { QrCode } from "./qr-code.tsx";

interface ShareLinkProps {
  link: string;
  /** Link to continue on another device; null if there is nothing to continue. */
  resumeLink: string | null;
}

/** Copies the share link or shows it as a QR code, and says what the link allows. */
export function ShareLink({ link, resumeLink }: ShareLinkProps) {
  const { isCopied, hasFailed, copy } = useCopying();
  return (
    <div class="share">
      <button type="button" onClick={() => void copy(link)}>
        {isCopied.value ? words.share.copied : words.share.copy}
      </button>
      <QrCode link={link} texts={words.share} />
      {resumeLink !== null && (
        <QrCode link={resumeLink} texts={words.resumeLink}>
          <CopyButton link={resumeLink} />
        </QrCode>
      )}
      <p class="access-note" role="status">
        {isCopied.value ? words.share.copied : words.share.note}
      </p>
      {hasFailed.value && <LinkField link={link} />}
    </div>
  );
}

function CopyButton({ link }: { link: string }) {
  const { isCopied, hasFailed, copy } = useCopying();
  return (
    <>
      <button type="button" onClick={() => void copy(link)}>
        {isCopied.value ? words.share.copied : words.resumeLink.copy}
      </button>
      {hasFailed.value && <LinkField link={link} />}
    </>
  );
}

/** The link as text, to be copied by hand if the browser doesn't allow access to the clipboard. */
function LinkField({ link }: { link: string }) {
  return (
    <input
      readOnly
      value={link}
      aria-label={words.share.link}
      onFocus={(event) => event.currentTarget.select()}
    />
  );
}
