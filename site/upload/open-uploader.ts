import { Uploader } from "../../client/index.ts";

/**
 * An uploader that keeps its batch open while more files are still being found: it seals its batch,
 * and then takes no more, when it is no longer running.
 */
export class OpenUploader extends Uploader {
  #searches = 0;

  override get running(): boolean {
    return this.#searches > 0 || super.running;
  }

  /** More files may come, until the answer is called. */
  expectMore(): () => void {
    this.#searches += 1;
    return () => {
      this.#searches -= 1;
      // Everything may have been sent long ago: this has it look again whether it is done.
      void this.retry([]);
    };
  }
}
