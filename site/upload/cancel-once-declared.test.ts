import { expect, it } from "vitest";
import type { ViewEvents } from "../../client/view.ts";
import { Emitter } from "../../client/emitter.ts";
import { Ledger } from "../../client/ledger.ts";
import { cancelFile } from "./cancel-file.ts";

it("cancels a file once it is declared, and no other", () => {
  const events = new Emitter<ViewEvents>();
  const ledger = new Ledger();
  const calls: (readonly number[] | undefined)[] = [];
  const cancel = async (files?: readonly number[]): Promise<void> => void calls.push(files);
  const uploader = { ledger, cancel, on: events.on.bind(events) };
  const declare = (count: number, isOwn = true): void => {
    const first = ledger.count;
    ledger.add(Array.from({ length: count }, () => ({ name: "a", path: null, size: 1, type: "" })));
    events.emit("files", { first, count, isOwn });
  };

  cancelFile(uploader, { acceptedCount: 3 }, 2);
  cancelFile(uploader, { acceptedCount: 3 }, 3);
  declare(1);
  expect(calls).toEqual([]);
  declare(2);
  declare(5);
  expect(calls).toEqual([[2]]);
  cancelFile(uploader, { acceptedCount: 8 }, 5);
  expect(calls).toEqual([[2], [5]]);
});
