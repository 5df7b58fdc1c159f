import { effect } from "@preact/signals";
import { afterEach, expect, it, vi } from "vitest";
import { Folder, PlainFile } from "../drop/testing/entries.ts";
import { Uploads } from "./uploads.ts";

const uploads = new Uploads(() => ({ endpoint: "http://127.0.0.1:9" }));

afterEach(() => {
  uploads.clear();
  vi.unstubAllGlobals();
});

/** A page that draws a frame whenever something waits for one. */
function drawAtOnce(): void {
  vi.stubGlobal("document", { hidden: false });
  vi.stubGlobal("cancelAnimationFrame", () => undefined);
  vi.stubGlobal("requestAnimationFrame", (draw: () => void) => {
    queueMicrotask(draw);
    return 0;
  });
}

it("counts no file that was found and is kept back, as the batch has it already", async () => {
  drawAtOnce();
  const files = ["/few/a", "/few/b", "/few/c"].map((path) => new PlainFile(path));
  const folders = [new Folder("/few", files)];
  await uploads.take({ files: [], folders });
  const board = uploads.current.value?.board;
  const shown: (number | undefined)[] = [];
  const end = effect(() => void shown.push(board?.count.value));
  await uploads.take({ files: [], folders });
  await Promise.resolve();
  end();
  expect([shown.at(-1), uploads.gate.doubles.value.length]).toEqual([3, 3]);
});
