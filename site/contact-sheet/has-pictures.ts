import type { ListedFiles } from "../list/listed-files.ts";
import { isPicture } from "../thumbnails/picture-type.ts";

/** Files to look at: enough to tell, and few enough for each change of their number. */
const SAMPLE = 256;

/** True if at least half of the first files are pictures. */
export function hasMostlyPictures(files: Pick<ListedFiles, "count" | "name" | "type">): boolean {
  const sample = Math.min(SAMPLE, files.count);
  let pictures = 0;
  for (let file = 0; file < sample; file++) {
    if (isPicture({ name: files.name(file), type: files.type(file) })) pictures += 1;
  }
  return sample > 0 && pictures * 2 >= sample;
}
