import * as v from "valibot";
import type { Receipt, ReceiptFile as ReceiptLine, ReceiptKeySet } from "../../protocol/index.ts";
import { FileError } from "./resources.ts";
import { about, Count, FileId, Hex256, named, Time } from "./values.ts";

// Schemas of the receipts of batches, for the document only.

export const ReceiptFile = named(
  "ReceiptFile",
  "A line of a receipt: a file that was not cancelled.",
  v.object({
    id: FileId,
    path: about("Folder and name as declared, or the name alone.", v.string()),
    size: Count,
    sha256: v.exactOptional(about("Hex, of the stored file.", Hex256)),
    partsDigest: v.exactOptional(
      about("Instead: hex SHA-256 of the parts' SHA-256, in order of number.", Hex256),
    ),
    partBytes: v.exactOptional(about("Bytes of every part but the last.", Count)),
    type: v.string(),
    state: v.picklist(["completed", "failed"]),
    error: v.exactOptional(FileError),
  }),
) satisfies v.GenericSchema<unknown, ReceiptLine>;

export const SignedReceipt = named(
  "SignedReceipt",
  "The last line of a receipt.",
  v.object({
    receipt: v.object({
      batch: v.string(),
      rev: about("The last change that the receipt shows.", Count),
      files: about("Number of the lines before.", Count),
      bytes: about("Bytes of the completed files.", Count),
      completedAt: Time,
      sha256: about("Hex SHA-256 of all bytes before this line.", Hex256),
    }),
    jws: about("A compact JWS (EdDSA) whose payload is `receipt`.", v.string()),
  }),
) satisfies v.GenericSchema<unknown, { receipt: Receipt; jws: string }>;

export const ReceiptKeys = named(
  "ReceiptKeys",
  "A JWK Set. The first key signs.",
  v.object({
    keys: v.array(
      v.object({
        kty: v.literal("OKP"),
        crv: v.literal("Ed25519"),
        x: v.string(),
        alg: v.literal("EdDSA"),
        use: v.literal("sig"),
        kid: v.string(),
      }),
    ),
  }),
) satisfies v.GenericSchema<unknown, ReceiptKeySet>;
