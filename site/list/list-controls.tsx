import { useComputed } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { Board } from "../batch/board.ts";
import { ORDERS, type SortOrder } from "./sort-order.ts";
import { type Filter, FILTER_NAMES, FILTERS, type ListView } from "./list-view.ts";
import { format } from "../i18n/index.ts";
import { compareNames, words } from "../i18n/page.ts";

interface ListControlsProps {
  board: Board;
  selection: ListView;
}

/** Which files the list shows: by state, with counts, and by name; and in which order. */
export function ListControls({ board, selection }: ListControlsProps) {
  return (
    <div class="list-controls">
      <div class="filters" role="group" aria-label={words.list.filters}>
        {FILTER_NAMES.map((filter) => (
          <FilterChip key={filter} filter={filter} board={board} selection={selection} />
        ))}
      </div>
      <div class="finding">
        <input
          type="search"
          class="search"
          aria-label={words.list.search}
          placeholder={words.list.search}
          value={selection.query}
          onInput={(event) => void (selection.query.value = event.currentTarget.value)}
        />
        <SortSelect order={selection.order} />
      </div>
    </div>
  );
}

function SortSelect({ order }: { order: SortOrder }) {
  useEffect(() => order.start(compareNames), [order]);
  const choose = (event: { currentTarget: HTMLSelectElement }): void => {
    order.selected.value = ORDERS.find((name) => name === event.currentTarget.value) ?? "added";
  };
  return (
    <select aria-label={words.list.order} value={order.selected} onChange={choose}>
      {ORDERS.map((name) => (
        <option key={name} value={name}>
          {words.list.orders[name]}
        </option>
      ))}
    </select>
  );
}

function FilterChip({ filter, board, selection }: ListControlsProps & { filter: Filter }) {
  const count = useComputed(() => filesIn(board, filter));
  const shown = useComputed(() => format.number(count.value));
  const pressed = useComputed(() => selection.filter.value === filter);
  const isHidden = useComputed(
    () => count.value === 0 && !pressed.value && isHiddenWhenEmpty(filter, board.hasEnded.value),
  );
  if (isHidden.value) return null;
  return (
    <button
      type="button"
      class="chip"
      data-filter={filter}
      aria-pressed={pressed}
      onClick={() => void (selection.filter.value = filter)}
    >
      {words.list[filter]} <span class="chip-count">{shown}</span>
    </button>
  );
}

function filesIn(board: Board, filter: Filter): number {
  const counts = board.counts.value;
  return FILTERS[filter].reduce((sum, state) => sum + counts[state], 0);
}

/** Failing and calling off are exceptions; once all is settled, nothing waits any more. */
function isHiddenWhenEmpty(filter: Filter, hasEnded: boolean): boolean {
  if (filter === "failed" || filter === "cancelled") return true;
  return hasEnded && (filter === "queued" || filter === "moving");
}
