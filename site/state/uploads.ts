import { signal } from "@preact/signals";
import { type Source, Uploader } from "../../client/index.ts";
import { LIMITS } from "../../protocol/index.ts";
import { readFolders } from "../drop/read-folders.ts";
import { sourceOf } from "../drop/sources.ts";
import type { Taken } from "../drop/take-drop.ts";
import { Board } from "./board.ts";

/** An uploader and what the page knows of it. */
export interface Upload {
  uploader: Uploader;
  board: Board;
  /** Everything that was added, by file id. */
  sources: Source[];
}

/** What the page has to tell about files that were just dropped or picked. */
export type Notice =
  | { kind: "over"; files: number }
  | { kind: "unreadable"; files: number }
  | { kind: "nothing" };

/** The uploads of one page: one batch at a time, and what is still being read from the disk. */
export class Uploads {
  readonly current = signal<Upload | null>(null);
  /** How many folder drops are being read. */
  readonly reading = signal(0);
  /** Files found so far in the folders that are being read. */
  readonly found = signal(0);
  readonly notice = signal<Notice | null>(null);

  /** Uploads what was dropped: files at once, folders when they have been read. */
  async take({ sources, folders }: Taken): Promise<void> {
    if (folders.length === 0) return this.add(sources);
    this.reading.value += 1;
    const { found, unreadable } = await this.#read(sources, folders);
    this.reading.value -= 1;
    if (this.reading.value === 0) this.found.value = 0;
    this.add(found);
    if (unreadable > 0) this.notice.value = { kind: "unreadable", files: unreadable };
  }

  async #read(sources: readonly Source[], folders: readonly FileSystemDirectoryEntry[]) {
    let unreadable = 0;
    const found = [...sources];
    for await (const slice of readFolders(folders)) {
      found.push(...slice.sources);
      unreadable += slice.unreadable;
      this.found.value += slice.sources.length;
    }
    return { found, unreadable };
  }

  /** Uploads what was picked in a dialog. */
  pick(files: FileList): void {
    this.add(Array.from(files, (file) => sourceOf(file)));
  }

  /** Uploads files: into the batch at hand while it takes more, else into a new one. */
  add(sources: readonly Source[]): void {
    this.notice.value = sources.length === 0 ? { kind: "nothing" } : null;
    if (sources.length === 0) return;
    const upload = this.#open() ?? this.#begin();
    const room = (upload.uploader.created?.limits.files ?? LIMITS.files) - upload.sources.length;
    if (sources.length > room) this.notice.value = { kind: "over", files: sources.length - room };
    const taken = sources.slice(0, room);
    upload.sources.push(...taken);
    upload.board.expected.value = upload.sources.length;
    upload.uploader.add(taken);
  }

  /** Declares again what could not be declared, because the server was out of reach. */
  declareAgain({ uploader, board, sources }: Upload): void {
    board.problem.value = null;
    uploader.add(sources.slice(board.ledger.count));
  }

  /** The batch at hand, while it takes more files. */
  #open(): Upload | null {
    const upload = this.current.value;
    return upload !== null && takesMore(upload) ? upload : null;
  }

  #begin(): Upload {
    this.clear();
    const uploader = new Uploader({ endpoint: location.origin });
    const upload = { uploader, board: new Board(uploader), sources: [] };
    this.current.value = upload;
    return upload;
  }

  /** Leaves the batch at hand: back to the empty page. */
  clear(): void {
    this.current.value?.board.dispose();
    this.current.value?.uploader.dispose();
    this.current.value = null;
  }
}

function takesMore({ uploader, board }: Upload): boolean {
  return uploader.batch?.sealed !== true && board.problem.value === null;
}
