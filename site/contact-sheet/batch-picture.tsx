import { type ReadonlySignal, untracked, useSignal, useSignalEffect } from "@preact/signals";
import type { ComponentType } from "preact";
import { useMemo } from "preact/hooks";
import type { Board } from "../batch/board.ts";
import { isWorthOpening } from "../lightbox/viewable.ts";
import type { FileActions } from "../list/file-actions.ts";
import type { ListView } from "../list/list-view.ts";
import { TallyField } from "../tally/tally-field.tsx";
import { LazyCode } from "../ui/lazy-code.ts";
import type { Upload } from "../upload/uploads.ts";
import { PictureShare } from "./picture-share.ts";
import type * as SheetModule from "./index.ts";
import type { SheetThumbnails } from "./sheet-thumbnails.ts";
import type { StartedPictures } from "./viewer-pictures.ts";

type Picture = ComponentType<{ board: Board }>;

const sheetCode = new LazyCode(() => import("./index.ts"));

/** Returns the picture of a batch that is sent from here. A click on a tile leads to its row. */
export function uploadPicture(upload: Upload, list: ListView): Picture {
  const { thumbnails } = upload;
  if (thumbnails === null) return TallyField;
  return pictureOf(list, ({ senderPictures }) => senderPictures(upload, thumbnails));
}

/**
 * Returns the picture of a batch for viewers. A click on a stored picture opens it.
 *
 * @param token a read token
 * @param thumbnails takes the stored sheets as well
 */
export function watchPicture(
  list: ListView,
  token: string,
  { view }: FileActions,
  thumbnails: SheetThumbnails,
): Picture {
  const start: BatchPictureProps["start"] = ({ viewerPictures }, board) =>
    viewerPictures(board, token, thumbnails);
  return pictureOf(list, start, view);
}

function pictureOf(
  list: ListView,
  start: BatchPictureProps["start"],
  view?: FileActions["view"],
): Picture {
  const { files } = list;
  const isShown = (file: number): boolean =>
    files.state(file) === "completed" && isWorthOpening(files.type(file));
  const onPick = (file: number): void => {
    if (view !== undefined && isShown(file)) view(file);
    else list.reveal(file);
  };
  return ({ board }) => <BatchPicture board={board} list={list} start={start} onPick={onPick} />;
}

interface BatchPictureProps {
  board: Board;
  list: ListView;
  /** Starts to draw or to load the pictures. Called once they are needed. */
  start: (module: typeof SheetModule, board: Board) => StartedPictures;
  /** Called with the file whose tile was clicked. */
  onPick: (file: number) => void;
}

/** The contact sheet of a batch of pictures, or the tally strokes of any other. */
function BatchPicture(props: BatchPictureProps) {
  const sheet = useSheet(props);
  const { board, list, onPick } = props;
  if (sheet.value === "none") return <TallyField board={board} />;
  if (sheet.value === "loading") return <div class="contact-sheet is-loading" />;
  const { ContactSheet, pictures } = sheet.value;
  return <ContactSheet board={board} list={list} pictures={pictures} onPick={onPick} />;
}

/** Files after which a folder that is still being read gets a contact sheet. */
const MANY = 256;

type Sheet = Pick<typeof SheetModule, "ContactSheet"> & Pick<StartedPictures, "pictures">;

/**
 * Loads the contact sheet once enough files are pictures, also if they come late. Once it is shown it stays,
 * whatever is added. The first files of a folder that is being read don't decide for all.
 */
function useSheet({ board, list, start }: BatchPictureProps): ReadonlySignal<Sheet | State> {
  const share = useMemo(() => new PictureShare(board.ledger, list.files), []);
  const sheet = useSignal<Sheet | State>(share.isEnough ? "loading" : "none");
  const isNeeded = useSignal(false);
  useSignalEffect(() => {
    void board.listedCount.value;
    if (isNeeded.peek()) return;
    const isEnough = share.isEnough;
    const isDecided = board.openSearches.value === 0 || list.files.count >= MANY;
    isNeeded.value = isEnough && isDecided;
    sheet.value = isEnough ? "loading" : "none";
  });
  useSignalEffect(() => {
    if (isNeeded.value) void sheetCode.load();
  });
  useSignalEffect(() => {
    if (!isNeeded.value) return undefined;
    const module = sheetCode.module.value;
    // Without the script, the strokes show the batch as well.
    if (module === null) return void (sheet.value = sheetCode.hasFailed.value ? "none" : "loading");
    const { pictures, dispose } = untracked(() => start(module, board));
    sheet.value = { ContactSheet: module.ContactSheet, pictures };
    return dispose;
  });
  return sheet;
}

/** Strokes, or the time until the script of the contact sheet is here. */
type State = "none" | "loading";
