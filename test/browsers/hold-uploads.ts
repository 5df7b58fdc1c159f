import { CALLS } from "../networks/calls.ts";
import { applyTo } from "../support/middleboxes/apply.ts";
import { type Exchange, passOn } from "../support/middleboxes/exchange.ts";
import type { HttpProxy } from "../support/middleboxes/http-proxy.ts";

function isUpload(exchange: Exchange): boolean {
  return CALLS.bundle(exchange) || CALLS.file(exchange);
}

/** Holds the requests that send files. Returns a function that lets them through. */
export function holdUploads(proxy: HttpProxy): () => void {
  const { promise: released, resolve: release } = Promise.withResolvers<void>();
  proxy.middlebox = applyTo(isUpload, async (exchange) => {
    await released;
    exchange.pass();
  });
  return () => {
    proxy.middlebox = passOn;
    release();
  };
}
