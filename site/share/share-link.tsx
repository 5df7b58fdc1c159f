import { words } from "../i18n/page.ts";
import { useCopying } from "../ui/clipboard.ts";
import { QrCode } from "./qr-code.tsx";

/**
 * Says who may see what a link opens, and hands it out: copied, or shown to be copied by hand where
 * the browser does not allow that, or as a code.
 *
 * @param own the link for the uploader's other devices; null while there is nothing to go on with
 */
export function ShareLink({ link, own }: { link: string; own: string | null }) {
  const { isCopied, isRefused, copy } = useCopying();
  return (
    <div class="share">
      <button type="button" onClick={() => void copy(link)}>
        {isCopied.value ? words.share.copied : words.share.copy}
      </button>
      <QrCode link={link} says={words.share} />
      {own !== null && (
        <QrCode link={own} says={words.ownLink}>
          <CopyButton link={own} />
        </QrCode>
      )}
      <p class="who" role="status">
        {isCopied.value ? words.share.copied : words.share.who}
      </p>
      {isRefused.value && <LinkField link={link} />}
    </div>
  );
}

function CopyButton({ link }: { link: string }) {
  const { isCopied, isRefused, copy } = useCopying();
  return (
    <>
      <button type="button" onClick={() => void copy(link)}>
        {isCopied.value ? words.share.copied : words.ownLink.copy}
      </button>
      {isRefused.value && <LinkField link={link} />}
    </>
  );
}

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
