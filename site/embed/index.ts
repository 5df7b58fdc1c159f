/**
 * `/embed.js`, which defines the elements.
 *
 * It only imports a chunk that has a hash in its name: chunks that load on demand import that one
 * as well. If they imported `/embed.js` itself, `/embed.js?v=2` or an `/embed.js` of a newer
 * version would be a second copy of Preact to them.
 */
export { TallymanProgress, TallymanUploader } from "./elements.ts";
export type { ProgressEventDetail, TallymanEventDetails } from "./events.ts";
