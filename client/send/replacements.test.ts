import { describe, expect, test } from "vitest";
import { MIB } from "../../protocol/index.ts";
import { Ledger } from "../ledger.ts";
import type { Source } from "../source.ts";
import { changedFile } from "../testing/changed-file.ts";
import { source } from "../testing/sources.ts";
import { findReplacements } from "./replacements.ts";

const LARGE = 40 * MIB;

/** Finds what the source replaces in a batch with one file, `a`, whose content is here unless it is null. */
async function find(
  added: Source,
  {
    ledger,
    content = null,
    replacesMissing = false,
    replaced = [] as number[],
  }: {
    ledger: Ledger;
    content?: Blob | null;
    replacesMissing?: boolean;
    replaced?: number[];
  },
) {
  const contentOf = () => content ?? undefined;
  const files = { ledger, contentOf, replacesMissing, replaced: new Set(replaced) };
  const { contents, declarations } = await findReplacements([added], files);
  return { attached: [...contents.keys()], replaces: declarations.map((file) => file.replaces) };
}

function ledgerOf(size: number, lastModified?: number): Ledger {
  const ledger = new Ledger();
  ledger.add([{ name: "a", path: null, size, type: "", lastModified }]);
  return ledger;
}

/** A blob of zeros that takes no memory. */
const zeros = (size: number): Blob => new Blob(Array.from({ length: size / MIB }, () => MEBIBYTE));
const MEBIBYTE = new Uint8Array(MIB);

const NEW = { attached: [], replaces: [undefined] };
const REPLACED = { attached: [], replaces: [0] };
const ATTACHED = { attached: [0], replaces: [] };

describe("a source with the path of", () => {
  test("a failed file of which parts are stored isn't sent on top of them", async () => {
    const ledger = ledgerOf(LARGE);
    ledger.apply([0, "queued", 10, 8 * MIB, null], 1);
    ledger.setLocalFailure(0, "file_unreadable");
    const content = await changedFile(1);
    expect(await find({ name: "a", blob: zeros(LARGE) }, { ledger, content })).toEqual(REPLACED);
  });

  test("a failed file of which parts are stored continues it if the time is the same", async () => {
    const ledger = ledgerOf(LARGE, 7);
    ledger.apply([0, "queued", 10, 8 * MIB, null], 1);
    ledger.setLocalFailure(0, "refused_in_between");
    const added = { name: "a", blob: zeros(LARGE), lastModified: 7 };
    expect(await find(added, { ledger, content: await changedFile(1) })).toEqual(ATTACHED);
  });

  test("a file that the server refuses for good needs another id", async () => {
    const ledger = ledgerOf(10);
    ledger.apply([0, "failed", 0, 0, "type_refused"], 1);
    expect(await find(source("a", 10), { ledger, content: new Blob() })).toEqual(REPLACED);
  });

  test("a file that may be retried keeps its id", async () => {
    const ledger = ledgerOf(10);
    ledger.apply([0, "failed", 0, 0, "storage_failed"], 1);
    expect(await find(source("a", 10), { ledger, content: new Blob() })).toEqual(ATTACHED);
  });

  test("a file whose content isn't here replaces it in a resumed batch, unless it is being sent", async () => {
    const ledger = ledgerOf(20);
    const added = source("a", 10);
    expect(await find(added, { ledger })).toEqual(NEW);
    expect(await find(added, { ledger, replacesMissing: true })).toEqual(REPLACED);
    ledger.apply([0, "uploading", 10, 5, null], 1);
    expect(await find(added, { ledger, replacesMissing: true })).toEqual(NEW);
  });

  test("a stored, cancelled or replaced file is another file", async () => {
    const stored = ledgerOf(20);
    stored.apply([0, "uploading", 50, 20, null], 1);
    expect(await find(source("a", 10), { ledger: stored, replacesMissing: true })).toEqual(NEW);
    const cancelled = ledgerOf(20);
    cancelled.apply([0, "cancelled", 0, 0, null], 1);
    expect(await find(source("a", 10), { ledger: cancelled })).toEqual(NEW);
    const failed = ledgerOf(20);
    failed.setLocalFailure(0, "file_unreadable");
    expect(await find(source("a", 10), { ledger: failed, replaced: [0] })).toEqual(NEW);
  });

  test("a file that waits is attached only if it is known to be the same", async () => {
    const content = new Blob([new Uint8Array(10)]);
    expect(await find(source("a", 10), { ledger: ledgerOf(10), content })).toEqual(NEW);
    const timed = { ...source("a", 10), lastModified: 7 };
    expect(await find(timed, { ledger: ledgerOf(10, 7), content })).toEqual(ATTACHED);
    expect(await find({ name: "a", blob: content }, { ledger: ledgerOf(10), content })).toEqual(
      ATTACHED,
    );
  });
});
