import { createHash } from "node:crypto";
import { expect, onTestFinished, test, vi } from "vitest";
import type { SingleFileResource } from "../../protocol/index.ts";
import { Ledger } from "../ledger.ts";
import { type ReceivedRequest, storedFile } from "../testing/scripted-server.ts";
import { SenderRig } from "../testing/sender-rig.ts";
import { SentParts } from "./digest-check.ts";

const CONTENTS = ["first", "second", "", "\r\n--tallyman-lookalike--\r\n"];

function sha256(content: string | Uint8Array, encoding: "hex" | "base64"): string {
  return createHash("sha256").update(content).digest(encoding);
}

function store(request: ReceivedRequest, sha256Of: (id: number) => string | undefined) {
  return {
    body: {
      rev: 5,
      files: request.files.map((id) => ({ ...storedFile(id), sha256: sha256Of(id) })),
    },
  };
}

async function send(
  blobs: readonly Blob[],
  script: Parameters<typeof SenderRig.start>[1],
): Promise<SenderRig> {
  const rig = await SenderRig.start(blobs, script);
  onTestFinished(() => rig.stop());
  rig.sendAll();
  await expect.poll(() => rig.sender.idle).toBe(true);
  return rig;
}

test("each file of a bundle carries its digest", async () => {
  const rig = await send(
    CONTENTS.map((content) => new Blob([content])),
    (request) => store(request, () => undefined),
  );
  const [bundle] = rig.server.calls("POST");
  const sent = Array.from(
    bundle?.body.matchAll(/name="(\d)".*?content-digest: sha-256=:(.*?):\r\n/gsu) ?? [],
    ([, id, digest]) => [Number(id), digest],
  );
  expect(sent).toEqual(CONTENTS.map((content, id) => [id, sha256(content, "base64")]));
});

test("a file alone carries its digest", async () => {
  const rig = await send([new Blob(["alone"])], () => ({
    body: { ...storedFile(0), sha256: sha256("alone", "hex") },
  }));
  const [request] = rig.server.calls("PUT");
  expect(request?.headers["content-digest"]).toBe(`sha-256=:${sha256("alone", "base64")}:`);
  expect(rig.ledger.checked.has(0)).toBe(true);
});

test("only files that the server has stored with the digest they were sent with are checked", async () => {
  // The server stored other bytes of the third file before, and reports no digest of the fourth.
  const reported = ["first", "second", "other"].map((content) => sha256(content, "hex"));
  const rig = await send(
    CONTENTS.map((content) => new Blob([content])),
    (request) => store(request, (id) => reported[id]),
  );
  expect(CONTENTS.map((_, id) => rig.ledger.checked.has(id))).toEqual([true, true, false, false]);
});

test("without WebCrypto, files are sent without digests, and none is checked", async () => {
  vi.stubGlobal("crypto", { getRandomValues: crypto.getRandomValues.bind(crypto) });
  onTestFinished(() => void vi.unstubAllGlobals());
  const rig = await send(
    CONTENTS.map((content) => new Blob([content])),
    (request) => store(request, (id) => sha256(CONTENTS[id] ?? "", "hex")),
  );
  expect(rig.server.calls("POST")[0]?.body).not.toMatch(/content-digest/u);
  expect(CONTENTS.some((_, id) => rig.ledger.checked.has(id))).toBe(false);
});

function stored(digest: string): SingleFileResource {
  const parts = { partBytes: 1, count: 2, received: [1, 2], digest };
  return {
    ...storedFile(0),
    state: "completed",
    type: "",
    attempts: 1,
    path: null,
    parts,
    links: { self: "", content: "" },
  };
}

test.each([
  ["all of its parts", ["one", "two"], true],
  ["another first part", ["other", "two"], false],
  ["one of its parts", ["two"], false],
])(
  "a file in parts is checked by the digest of its parts: sent from here with %s",
  async (_, sent, isChecked) => {
    const digestOf = (part: string) => new Uint8Array(createHash("sha256").update(part).digest());
    const onServer = Buffer.concat(["one", "two"].map(digestOf));
    const parts = new SentParts();
    // Parts arrive in any order.
    for (const [index, part] of [...sent.entries()].toReversed())
      parts.add(0, index + 3 - sent.length, digestOf(part));
    const ledger = new Ledger();
    await parts.noteChecked(stored(sha256(onServer, "hex")), ledger);
    expect(ledger.checked.has(0)).toBe(isChecked);
  },
);
