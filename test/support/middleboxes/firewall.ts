import { errorPage } from "./error-page.ts";
import { type Middlebox, readBody } from "./exchange.ts";

/**
 * Refuses requests whose body contains one of the contents.
 *
 * @param refuse default: responds 403
 */
export function firewall(
  contents: readonly (Buffer | string)[],
  refuse: Middlebox = errorPage(403),
): Middlebox {
  return async (exchange) => {
    const body = await readBody(exchange);
    if (contents.some((content) => body.includes(content))) await refuse(exchange);
    else exchange.pass([body]);
  };
}
