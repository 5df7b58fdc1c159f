import { expect, it } from "vitest";
import type { FileState } from "../../protocol/index.ts";
import { SendingSlots } from "./sending-slots.ts";
import { ledgerOf } from "./testing/boards.ts";

const FILES = 12;

function rig() {
  const ledger = ledgerOf(...Array.from({ length: FILES }, (_, n) => `${n}.jpg`));
  const slots = new SendingSlots(ledger);
  let rev = 0;
  const set = (state: FileState, ...files: number[]): void => {
    const progress = state === "completed" ? 100 : 0;
    for (const file of files) ledger.apply([file, state, progress, 0, null], ++rev);
    slots.note(files);
  };
  const assigned = (isKept?: (file: number) => boolean) => {
    slots.assign(isKept);
    return slots.slots.value;
  };
  return { ledger, slots, set, assigned };
}

it("gives a file's slot to the next one once it is done", () => {
  const { set, assigned } = rig();
  expect(assigned()).toEqual([]);
  set("uploading", 0, 1, 2);
  expect(assigned()).toEqual([0, 1, 2]);
  set("completed", 1);
  set("uploading", 3);
  expect(assigned()).toEqual([0, 3, 2]);
  set("failed", 0);
  set("cancelled", 2);
  set("uploading", 4);
  expect(assigned()).toEqual([4, 3, 2]);
});

it("tells whether a file is being sent, as the last ones keep their slots", () => {
  const { slots, set, assigned } = rig();
  set("uploading", 0, 1);
  assigned();
  expect(slots.isSending.value).toBe(true);
  set("completed", 0, 1);
  expect(assigned()).toEqual([0, 1]);
  expect(slots.isSending.value).toBe(false);
});

it("has at most six slots, and never fewer than before", () => {
  const { set, assigned } = rig();
  set("uploading", ...Array.from({ length: FILES }, (_, id) => id));
  expect(assigned()).toEqual([0, 1, 2, 3, 4, 5]);
  set("completed", ...Array.from({ length: FILES }, (_, id) => id));
  expect(assigned()).toEqual([0, 1, 2, 3, 4, 5]);
});

it("counts files whose bytes are under way before the server says so, and forgets those that wait", () => {
  const { ledger, slots, set, assigned } = rig();
  ledger.setSent(5, 3);
  slots.note([5]);
  expect(assigned()).toEqual([5]);
  set("uploading", 5);
  set("queued", 5);
  set("uploading", 6);
  expect(assigned()).toEqual([6]);
});

it("keeps a slot for as long as it is asked to", () => {
  const { set, assigned } = rig();
  set("uploading", 0);
  assigned();
  set("queued", 0);
  set("uploading", 1);
  expect(assigned((file) => file === 0)).toEqual([0, 1]);
  expect(assigned()).toEqual([0, 1]);
  set("uploading", 2);
  expect(assigned()).toEqual([2, 1]);
});

it("knows the files of a batch that is opened while they are sent", () => {
  const { ledger, set } = rig();
  set("uploading", 7);
  const slots = new SendingSlots(ledger);
  slots.assign();
  expect(slots.slots.value).toEqual([7]);
});

it("doesn't change while the same files are sent", () => {
  const { slots, set } = rig();
  set("uploading", 0);
  slots.assign();
  const before = slots.slots.value;
  slots.assign();
  expect(slots.slots.value).toBe(before);
});

it("keeps all slots and adds none while they are held", () => {
  const { slots, set, assigned } = rig();
  set("uploading", 0, 1);
  assigned();
  set("completed", 0);
  set("uploading", 2, 3);
  slots.assign(() => true, false);
  expect(slots.slots.value).toEqual([0, 1]);
  slots.assign(() => false, false);
  expect(slots.slots.value).toEqual([2, 1]);
  expect(assigned()).toEqual([2, 1, 3]);
});
