import * as fc from "fast-check";
import { expect, test } from "vitest";
import { NOTHING } from "./amount.ts";
import { OwnerModel, type OwnerStep } from "./testing/owner-model.ts";

/** Shortly before midnight, so that many reservations are pending when the day ends. */
const START = Date.UTC(2026, 10, 20, 23, 54);
const RUNS = 2000;
const seed = Math.trunc(Math.random() * 2 ** 31);

const batch = fc.nat(1);
const bytes = fc.nat(100);
const isLost = fc.oneof({ weight: 3, arbitrary: fc.constant(false) }, fc.boolean());

const step: fc.Arbitrary<OwnerStep> = fc.oneof(
  fc.record({ step: fc.constant("create" as const), bytes, isLost }),
  fc.record({ step: fc.constant("declare" as const), batch, call: fc.nat(1), bytes, isLost }),
  fc.record({
    step: fc.constant("file" as const),
    batch,
    file: fc.nat(2),
    becomes: fc.constantFrom("completed" as const, "failed" as const, "cancelled" as const),
  }),
  fc.record({ step: fc.constant("seal" as const), batch }),
  fc.record({ step: fc.constant("retry" as const), batch, isLost }),
  fc.record({ step: fc.constant("cancel" as const), batch }),
  fc.record({ step: fc.constant("delete" as const), batch }),
  fc.record({ step: fc.constant("event" as const), batch }),
  fc.record({ step: fc.constant("repeat" as const), event: fc.nat(20) }),
  fc.record({
    step: fc.constant("wait" as const),
    minutes: fc.constantFrom(0, 1, 4, 10, 60, 1440),
  }),
);

/** Leads to a completed batch with a failed file, which few random steps do. */
const FAILED: OwnerStep[] = [
  { step: "create", bytes: 60, isLost: false },
  { step: "file", batch: 0, file: 0, becomes: "failed" },
  { step: "seal", batch: 0 },
  { step: "event", batch: 0 },
];

const steps = fc
  .tuple(fc.constantFrom<OwnerStep[]>([], FAILED), fc.array(step, { maxLength: 40, size: "max" }))
  .map(([first, rest]) => first.concat(rest));

test(`what is stored of a day is counted, in any order of steps (seed ${seed})`, () => {
  const run = fc.property(steps, (all) => {
    const model = new OwnerModel(START);
    for (const next of all) {
      model.perform(next);
      expect(model.problem).toBeNull();
    }
  });
  fc.assert(run, { seed, numRuns: RUNS });
});

test(`nothing is left once all batches are deleted and the day is over (seed ${seed})`, () => {
  const run = fc.property(steps, (all) => {
    const model = new OwnerModel(START);
    for (const next of all) model.perform(next);
    model.end();
    expect(model.account).toMatchObject({ batches: [], used: NOTHING });
  });
  fc.assert(run, { seed, numRuns: RUNS });
});
