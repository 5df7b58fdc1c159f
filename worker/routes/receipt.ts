import { Hono } from "hono";
import type { ReceiptKeySet } from "../../protocol/index.ts";
import { requireAccess } from "../auth/guard.ts";
import type { AppEnv } from "../context.ts";
import { attachment } from "../download/attachment.ts";
import { notModified } from "../http/not-modified.ts";
import { receiptKeys } from "../receipt/keys.ts";
import { receiptStream } from "../receipt/receipt.ts";

/** Keys are replaced rarely, and a verifier that meets an unknown one asks again. */
const KEYS_CACHE_CONTROL = "public, max-age=300";

/** Routes for the receipts of batches, and the keys that verify them. */
export const receipts = new Hono<AppEnv>()
  .get("/batches/:batch/receipt", requireAccess("read", "polls", "operator"), async (c) => {
    const { batch } = c.var;
    const body = await receiptStream(batch, await receiptKeys(c.env));
    c.header("Content-Type", "application/x-ndjson");
    c.header("Content-Disposition", attachment(`receipt-${batch.id}.ndjson`));
    return c.body(body);
  })

  .get("/keys", notModified, async (c) => {
    const { published } = await receiptKeys(c.env);
    const set: ReceiptKeySet = { keys: [...published] };
    c.header("Cache-Control", KEYS_CACHE_CONTROL);
    return c.json(set);
  });
