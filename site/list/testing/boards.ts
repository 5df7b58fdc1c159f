import { onTestFinished } from "vitest";
import { Emitter } from "../../../client/emitter.ts";
import { Ledger } from "../../../client/ledger.ts";
import type { ViewEvents } from "../../../client/view.ts";
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
export function boardOf(ledger: Ledger): Board {
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
  });
  onTestFinished(() => board.dispose());
  return board;
}
