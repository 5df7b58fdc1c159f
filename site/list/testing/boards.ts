import { onTestFinished } from "vitest";
import { Emitter } from "../../../client/emitter.ts";
import type { BatchView } from "../../../client/index.ts";
import { Ledger } from "../../../client/ledger.ts";
import type { ViewEvents } from "../../../client/view.ts";
import type { BatchResource } from "../../../protocol/index.ts";
import { Board } from "../../batch/board.ts";

/** Returns a ledger of files with these paths, 10 bytes each. */
export function ledgerOf(...paths: string[]): Ledger {
  const ledger = new Ledger();
  ledger.declare(
    paths.map((path) => ({ name: path.split("/").at(-1) ?? "", path, size: 10, type: "" })),
    1,
  );
  return ledger;
}

/** Returns the board of a batch that nothing changes but the test. */
export function boardOf(ledger: Ledger, view: Partial<BatchView> = {}): Board {
  const events = new Emitter<ViewEvents>();
  const board = new Board({
    ledger,
    batch: null,
    summary: null,
    cancelled: false,
    connection: "connecting",
    outage: null,
    on: events.on.bind(events),
    dispose: () => undefined,
    ...view,
  });
  onTestFinished(() => board.dispose());
  return board;
}

/** Returns an active batch with the totals of a ledger. */
export function resourceOf(
  { totals, percentComplete }: Ledger,
  changes: Partial<BatchResource> = {},
): BatchResource {
  const createdAt = "2026-11-30T12:00:00.000Z";
  const times = { createdAt, updatedAt: createdAt, completedAt: null, expiresAt: null };
  const batch = { id: "b", rev: 1, state: "active", sealed: true } as const;
  const rest = { totals, percentComplete, metadata: {}, location: null };
  return { ...batch, ...times, ...rest, ...changes };
}
