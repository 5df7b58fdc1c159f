import { useComputed, useSignalEffect } from "@preact/signals";
import { useMemo } from "preact/hooks";
import { words } from "../i18n/page.ts";
import type { FileActions } from "./file-actions.ts";
import { Cells } from "./file-cells.tsx";
import { Hold } from "./hold.ts";
import type { ListRow, RowContext } from "./list-row.ts";
import type { ListView } from "./list-view.ts";
import { holdHandlers } from "./pointer-handlers.ts";
import { rowPool } from "./row-pools.ts";
import { ROW_HEIGHT } from "./row-window.ts";
import { SendingSlots } from "./sending-slots.ts";

/** A shorter list shows all of its files at a glance. */
const MIN_FILES = 20;

const ROW_STYLE = { "--row-height": `${ROW_HEIGHT}px` };

interface SendingNowProps {
  context: RowContext;
  list: ListView;
  actions: FileActions;
}

/** The files that are being sent now, above the list. */
export function SendingNow({ context, list, actions }: SendingNowProps) {
  const { board, undoable } = context;
  const sending = useMemo(() => new SendingSlots(board.ledger), [board]);
  const pool = useMemo(() => rowPool(context, "now"), [board]);
  useSignalEffect(() => sending.note(board.changed.value));
  const hold = useMemo(() => new Hold(), [board]);
  useSignalEffect(() => {
    void board.tick.value;
    const isKept = (file: number): boolean =>
      hold.isHeld.value || undoable?.value.has(file) === true;
    // More slots would move the list: not under a pointer.
    sending.assign(isKept, !list.hold.isHeld.value && !hold.isHeld.value);
  });
  useSignalEffect(() => {
    const slots = sending.slots.value;
    const positionAt = (index: number) => ({ index, file: slots[index] ?? 0, folder: null });
    pool.show({ first: 0, length: slots.length }, { positionAt });
  });
  useSignalEffect(() => pool.follow());
  const isShown = useComputed(() => {
    const { queued, uploading } = board.counts.value;
    const isExpected = queued + uploading > 0 || board.isGrowing.value;
    // Files that are done are not sent now, if the next one doesn't follow: its sender may be away.
    const isStill = board.stillness.seconds.value !== null && !sending.isSending.value;
    const isOver = !isExpected || isStill || board.isCancelled.value;
    // Without it, the list moves up: not under a pointer.
    const isHeld = list.hold.isHeld.value || hold.isHeld.value;
    return board.fileCount.value >= MIN_FILES && (!isOver || isHeld);
  });
  if (!isShown.value || pool.rows.value.length === 0) return null;
  return (
    <section class="now" aria-labelledby="now-title" {...holdHandlers(hold)}>
      <h3 id="now-title">{words.list.now}</h3>
      <ul style={ROW_STYLE}>
        {pool.rows.value.map((row, key) => (
          <Slot key={key} row={row} actions={actions} />
        ))}
      </ul>
    </section>
  );
}

function Slot({ row, actions }: { row: ListRow; actions: FileActions }) {
  return (
    <li class="now-row" data-tone={row.tone} data-over={row.isOver}>
      <Cells row={row} actions={actions} />
    </li>
  );
}
