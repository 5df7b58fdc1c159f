import { describe, expect, it } from "vitest";
import type { Source } from "../../client/index.ts";
import { Gate } from "./file-filter.ts";

const limits = { files: 4, fileBytes: 10 };

function source(path: string, size = 1, lastModified = 1000): Source {
  return { name: path, path, lastModified, blob: new Blob(["x".repeat(size)]) };
}

function batchOf(files: number, ...lost: number[]) {
  return { limits, files, isLost: (id: number) => lost.includes(id) };
}

describe("Gate", () => {
  it("takes what fits, up to the last of room and size", () => {
    const gate = new Gate();
    const sources = ["a", "b", "c", "d", "e"].map((path) => source(path, 10));
    expect(gate.admit(sources, batchOf(0))).toEqual(sources.slice(0, 4));
    expect(gate.leftOut.value).toMatchObject({ over: 1, tooLarge: [], limits });
  });

  it("leaves out what is too large, and gives its room to others", () => {
    const gate = new Gate();
    expect(gate.admit([source("large", 11), source("small")], batchOf(3))).toHaveLength(1);
    expect(gate.leftOut.value).toMatchObject({ over: 0, tooLarge: ["large"] });
  });

  it("adds up what one drop leaves out, until that has been read", () => {
    const gate = new Gate();
    gate.noteUnreadable(2);
    for (const name of ["b", "c"]) gate.admit([source(name, 11)], batchOf(0));
    expect(gate.leftOut.value).toMatchObject({ tooLarge: ["b", "c"], unreadable: 2 });
    gate.forgetLeftOut();
    expect(gate.leftOut.value).toMatchObject({ tooLarge: [], unreadable: 0 });
  });

  it("notices what is the same by folder, name, size and time: in one drop, or in the next", () => {
    const gate = new Gate();
    const [first, again] = [source("in/a"), source("in/a")];
    expect(gate.admit([first, again], batchOf(0))).toEqual([first]);
    expect(gate.admit([again], batchOf(1))).toEqual([]);
    expect(gate.takeDoubles()).toEqual([again, again]);
    expect(gate.doubles.value).toEqual([]);
  });

  it("takes what only looks alike", () => {
    const alike = [source("in/a"), source("out/a"), source("in/a", 2), source("in/a", 1, 2000)];
    expect(new Gate().admit(alike, batchOf(0))).toEqual(alike);
  });

  it("takes once more what failed or was called off", () => {
    const gate = new Gate();
    gate.admit([source("a")], batchOf(0));
    expect(gate.admit([source("a")], batchOf(1, 0))).toHaveLength(1);
  });

  it("takes doubles that somebody wants, and knows nothing of another batch", () => {
    const gate = new Gate();
    gate.admit([source("a")], batchOf(0));
    expect(gate.admit([source("a")], batchOf(1), true)).toHaveLength(1);
    gate.beginBatch();
    expect(gate.admit([source("a")], batchOf(0))).toHaveLength(1);
  });
});
