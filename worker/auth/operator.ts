import { settings } from "../../durable-objects/index.ts";
import type { AppContext } from "../context.ts";
import { ProblemError } from "../http/problem.ts";
import { verifyOperatorToken } from "./operator-jwt.ts";

/**
 * Verifies the operator's token.
 *
 * @throws ProblemError `unauthorized` if it is invalid, `not_configured` without `OPERATOR_SECRET`
 */
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
