import type { Ledger } from "../../client/index.ts";
import { FileCount } from "../batch/file-count.ts";
import type { ListedFiles } from "../list/listed-files.ts";
import { isPicture } from "../thumbnails/picture-type.ts";

/** Share of pictures from which a contact sheet tells more than strokes do. */
const LEAST_SHARE = 0.25;

/** Files to look at among those that aren't declared: few enough for each change of their number. */
const SAMPLE = 256;

/** Tells how many files of a batch are pictures. */
export class PictureShare {
  readonly #ledger: Pick<Ledger, "count">;
  readonly #files: Pick<ListedFiles, "count" | "name" | "type">;
  readonly #declared: FileCount;

  constructor(ledger: Pick<Ledger, "count">, files: Pick<ListedFiles, "count" | "name" | "type">) {
    this.#ledger = ledger;
    this.#files = files;
    this.#declared = new FileCount(ledger, (file) => this.#isPicture(file));
  }

  /** True if at least a quarter of the files are pictures, as far as is known. */
  get isEnough(): boolean {
    const { count } = this.#files;
    return count > 0 && this.#declared.value + this.#undeclared() >= count * LEAST_SHARE;
  }

  /** Returns an estimate: the ids of files that are not declared may still change. */
  #undeclared(): number {
    const { count } = this.#files;
    const first = this.#ledger.count;
    const step = Math.max(1, Math.ceil((count - first) / SAMPLE));
    let pictures = 0;
    for (let file = first; file < count; file += step) if (this.#isPicture(file)) pictures += step;
    return pictures;
  }

  #isPicture(file: number): boolean {
    return isPicture({ name: this.#files.name(file), type: this.#files.type(file) });
  }
}
