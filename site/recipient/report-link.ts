/** An address with a scheme, or an e-mail address alone, as operators write it. */
const MAIL = /^(?:mailto:)?([^\s@:/?]+@[^\s@:/?]+)$/iu;

/**
 * Returns the address at which a person reports a batch to the operator. It names the batch by its
 * address without the token, which would open the files to everyone who handles the report.
 *
 * @param contact the operator's `ABUSE_CONTACT`: an e-mail address or a page
 * @param page the batch's page, without a token
 * @param subject of the e-mail
 * @returns null for a contact that is neither
 */
export function reportLink(contact: string, page: string, subject: string): string | null {
  const mail = MAIL.exec(contact.trim())?.[1];
  if (mail !== undefined)
    // No form encoding: mail programs show its "+" as it is.
    return `mailto:${mail}?subject=${encodeURIComponent(subject)}&body=${encodeURIComponent(page)}`;
  const url = webAddress(contact.trim());
  url?.searchParams.set("batch", page);
  return url?.href ?? null;
}

/** Returns null unless the text is an address that is encrypted on its way. */
function webAddress(text: string): URL | null {
  try {
    const url = new URL(text);
    return url.protocol === "https:" ? url : null;
  } catch {
    return null;
  }
}
