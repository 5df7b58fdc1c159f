import { createMiddleware } from "hono/factory";
import { settings } from "../../durable-objects/index.ts";
import type { AppContext, AppEnv } from "../context.ts";
import { ProblemError } from "../http/problem.ts";
import { bearerToken } from "./bearer.ts";
import { unauthorized } from "./jwt.ts";
import { isOperatorToken, verifyOperatorToken } from "./operator-jwt.ts";
import { countRequest } from "./rate-limit.ts";

/**
 * Requires the operator's token.
 *
 * @throws ProblemError `unauthorized` without a valid one, `not_configured` without `OPERATOR_SECRET`,
 *   `rate_limited`
 */
export const requireOperator = createMiddleware<AppEnv>(async (c, next) => {
  const token = bearerToken(c);
  if (token === null || !isOperatorToken(token)) {
    throw unauthorized(
      "This call takes the operator's token only; make one with `npm run operator-token`.",
    );
  }
  await verifyOperator(c, token);
  await countRequest(c, "control", token);
  await next();
});

/** @throws ProblemError `unauthorized` if the token is invalid, `not_configured` */
export async function verifyOperator(c: AppContext, token: string): Promise<void> {
  const { operatorSecrets } = settings(c.env);
  if (operatorSecrets.length === 0) {
    throw new ProblemError(
      "not_configured",
      "The operator's calls need OPERATOR_SECRET: run `npx wrangler secret put OPERATOR_SECRET`, or locally `npm start`.",
    );
  }
  await verifyOperatorToken(token, operatorSecrets);
}
