import { useComputed } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { Board } from "../batch/board.ts";
import { format } from "../i18n/index.ts";
import { nameComparison } from "../i18n/name-comparison.ts";
import { words } from "../i18n/page.ts";
import type { ListView } from "./list-view.ts";
import { SORT_ORDERS, type SortOrder } from "./sort-order.ts";
import { type Filter, FILTERS, isHiddenWhenEmpty, statesOf } from "./state-display.ts";

interface ListControlsProps {
  board: Board;
  list: ListView;
}

/** Filters by state (with counts), the search by name, and the sort order. */
export function ListControls({ board, list }: ListControlsProps) {
  return (
    <div class="list-controls">
      <div class="filters" role="group" aria-label={words.list.filters}>
        {FILTERS.map((filter) => (
          <FilterChip key={filter} filter={filter} board={board} list={list} />
        ))}
      </div>
      <div class="list-tools">
        <input
          type="search"
          class="search"
          aria-label={words.list.search}
          placeholder={words.list.search}
          value={list.query}
          onFocus={() => void list.search.prepare()}
          onInput={(event) => void (list.query.value = event.currentTarget.value)}
        />
        <SortSelect order={list.order} />
      </div>
    </div>
  );
}

function SortSelect({ order }: { order: SortOrder }) {
  useEffect(() => order.start(nameComparison()), [order]);
  const select = (event: { currentTarget: HTMLSelectElement }): void => {
    order.selected.value =
      SORT_ORDERS.find((name) => name === event.currentTarget.value) ?? "folder";
  };
  return (
    <select aria-label={words.list.order} value={order.selected} onChange={select}>
      {SORT_ORDERS.map((name) => (
        <option key={name} value={name}>
          {words.list.orders[name]}
        </option>
      ))}
    </select>
  );
}

function FilterChip({ filter, board, list }: ListControlsProps & { filter: Filter }) {
  const count = useComputed(() => countOf(board, filter));
  const countText = useComputed(() => format.number(count.value));
  const isPressed = useComputed(() => list.filter.value === filter);
  const isHidden = useComputed(
    () => count.value === 0 && !isPressed.value && isHiddenWhenEmpty(filter, board.hasEnded.value),
  );
  if (isHidden.value) return null;
  return (
    <button
      type="button"
      class="chip"
      data-filter={filter}
      aria-pressed={isPressed}
      onClick={() => void (list.filter.value = filter)}
    >
      {words.list[filter]} <span class="chip-count">{countText}</span>
    </button>
  );
}

function countOf(board: Board, filter: Filter): number {
  const counts = board.counts.value;
  return statesOf(filter).reduce((sum, state) => sum + counts[state], 0);
}
