import { words } from "../i18n/page.ts";
import { Code } from "./qr-code.tsx";

/** The share link on paper, where a field cuts it and a button opens nothing: as text, and as a QR code. */
export function PrintedLink({ link }: { link: string }) {
  return (
    <div class="printed-link">
      <Code link={link} label={words.share.codeLabel} />
      <p>{link}</p>
    </div>
  );
}
