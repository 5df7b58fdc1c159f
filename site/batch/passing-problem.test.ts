import { signal } from "@preact/signals";
import { beforeEach, expect, it } from "vitest";
import type { ClientProblem } from "../../client/index.ts";
import { PassingProblem } from "./passing-problem.ts";

const FAILED: ClientProblem = { code: "internal_error", detail: "" };
const shown = signal<ClientProblem | null>(null);

let problem: PassingProblem;
beforeEach(() => {
  shown.value = { ...FAILED };
  problem = new PassingProblem(shown);
  sample(1000);
});

function sample(nowMs: number, hasMoved = false, mayPass = true): void {
  problem.sample({ hasMoved, mayPass }, nowMs);
}

it("goes once the batch has moved, after the time to read it", () => {
  sample(2000, true);
  sample(10_900);
  expect(shown.value).not.toBe(null);
  sample(11_000);
  expect(shown.value).toBe(null);
});

it("stays while nothing moves, or only a person can end it", () => {
  sample(60_000);
  expect(shown.value).not.toBe(null);
  sample(61_000, true, false);
  expect(shown.value).not.toBe(null);
});

it("stays as long if it comes again", () => {
  sample(10_000, true);
  shown.value = { ...FAILED };
  sample(12_000, true);
  sample(21_000, true);
  expect(shown.value).not.toBe(null);
  sample(22_000);
  expect(shown.value).toBe(null);
});
