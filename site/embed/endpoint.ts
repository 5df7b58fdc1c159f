/** Where this script came from: the Worker that serves it also takes the files. */
const HOME = new URL(import.meta.url).origin;

/** The server's origin, as an element's `endpoint` names it. Throws TypeError for what is no address. */
export function endpointOf(element: Element): string {
  const named = element.getAttribute("endpoint");
  return named === null ? HOME : new URL(named, element.baseURI).origin;
}
