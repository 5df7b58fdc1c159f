import { Hono } from "hono";
import type { OperatorOwner } from "../../protocol/index.ts";
import { BlockOwner } from "../../protocol/schemas.ts";
import { OwnerClient } from "../../durable-objects/index.ts";
import { requireOperator } from "../auth/operator.ts";
import { ownerKey } from "../auth/owner.ts";
import { listBatches } from "../batches/owners.ts";
import type { AppContext, AppEnv } from "../context.ts";
import { readJson } from "../http/json-body.ts";
import { ProblemError } from "../http/problem.ts";
import { query } from "../http/query.ts";
import { OwnerQuery } from "./query.ts";

/**
 * Routes of the operator for owners. A name is a segment of the path. Clients remove `.` and `..` from
 * paths, even if they are encoded, so the query takes any name as well.
 */
export const operator = new Hono<AppEnv>()
  .get("/owners/:owner?", requireOperator, query(OwnerQuery), async (c) => {
    const { owner, ...page } = c.req.valid("query");
    return c.json(await ownerResource(c, ownerName(c, owner), page));
  })

  .put("/owners/:owner?", requireOperator, query(OwnerQuery), async (c) => {
    const { owner, ...page } = c.req.valid("query");
    const name = ownerName(c, owner);
    const { blocked } = await readJson(c, BlockOwner);
    await new OwnerClient(c.env, await ownerKey(name)).setBlocked(blocked);
    return c.json(await ownerResource(c, name, page));
  });

/** @throws ProblemError `malformed_request` if neither the path nor the query names an owner */
function ownerName(c: AppContext, inQuery: string | undefined): string {
  const name = c.req.param("owner") ?? inQuery ?? "";
  if (name !== "") return name;
  const detail = "The request names no owner; send the name in the path, or as `?owner=`.";
  throw new ProblemError("malformed_request", detail);
}

async function ownerResource(
  c: AppContext,
  owner: string,
  page: Parameters<typeof listBatches>[2],
): Promise<OperatorOwner> {
  const key = await ownerKey(owner);
  const [blocked, list] = await Promise.all([
    new OwnerClient(c.env, key).isBlocked(),
    listBatches(c, key, page),
  ]);
  return { owner, blocked, ...list };
}
