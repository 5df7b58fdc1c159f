import { beforeEach, expect, test } from "vitest";
import { Ledger } from "../ledger.ts";
import { BytesInFlight } from "./bytes-in-flight.ts";

let ledger: Ledger;
let bytes: BytesInFlight;
let rev = 1;

beforeEach(() => {
  ledger = new Ledger();
  ledger.declare(
    [100, 200, 300].map((size, id) => ({ name: `${id}`, path: null, size, type: "" })),
    1,
  );
  bytes = new BytesInFlight(ledger);
});

/** Applies a row, as a frame does. */
function receive(id: number, received: number, state: "queued" | "uploading" | "completed"): void {
  const progress = state === "completed" ? 100 : 0;
  ledger.apply([id, state, progress, received, null], ++rev);
  bytes.onFilesChanged([id]);
}

test("accepted bytes are those of the requests in flight", () => {
  const requests = [bytes.begin([0]), bytes.begin([1, 2])];
  for (const request of requests) request.accepted = 100;
  expect(bytes.accepted).toBe(200);
  for (const request of requests) bytes.end(request);
  expect(bytes.accepted).toBe(0);
});

test("rows confirm the bytes of files that were sent from here, before and after a response", () => {
  const request = bytes.begin([0, 1]);
  receive(0, 40, "uploading");
  receive(2, 300, "completed");
  expect(bytes.confirmed).toBe(40);
  bytes.end(request);
  receive(0, 100, "completed");
  receive(1, 200, "completed");
  expect(bytes.confirmed).toBe(300);
});

test("bytes that the server has lost aren't progress until they are exceeded", () => {
  bytes.begin([1]);
  receive(1, 150, "uploading");
  receive(1, 0, "queued");
  expect(bytes.confirmed).toBe(150);
  receive(1, 50, "uploading");
  expect(bytes.confirmed).toBe(200);
});
