import type { UploaderOptions } from "../../client/index.ts";
import { ServerLimits } from "./server-limits.ts";
import { Uploads } from "./uploads.ts";

/** The uploads of an app's page: an element, or `UploadBox`. It asks the server for the limits. */
export class AppUploads extends Uploads {
  /** @param options called for each new batch, with the name of its folder, if it has one */
  constructor(options: (name: string | null) => UploaderOptions) {
    super(options, new ServerLimits(() => options(null)));
  }
}
