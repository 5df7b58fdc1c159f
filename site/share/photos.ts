import { FileCount } from "../batch/file-count.ts";
import type { Ledger } from "../../client/index.ts";

/** Types of pictures that cameras write, with the time and often the place in them. */
const CAMERA_TYPE =
  /^image\/(?:jpeg|heic|heif|tiff|x-(?:adobe-dng|canon|nikon|sony|fuji|olympus))/u;

/** Extensions of such pictures. Browsers know no type for most raw ones. */
const CAMERA_NAME =
  /\.(?:jpe?g|hei[cf]|tiff?|dng|cr[23w]|n(?:ef|rw)|arw|sr[2fw]|raf|orf|rw[2l]|pef|x3f|3fr|iiq|erf|kdc|dcr|mrw|mos|gpr)$/iu;

/** Counts the photos that may contain their location. */
export function photoCount(ledger: Pick<Ledger, "count" | "name" | "type">): FileCount {
  return new FileCount(
    ledger,
    (file) => CAMERA_TYPE.test(ledger.type(file)) || CAMERA_NAME.test(ledger.name(file)),
  );
}
