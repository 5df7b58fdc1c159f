import { expect, test } from "vitest";
import { acceptOf } from "./accept.ts";

test.each([
  [{}, undefined],
  [{ types: ["image/*", "application/pdf"] }, "image/*,application/pdf"],
  [{ extensions: ["jpg", "tar.gz", "gz"] }, ".jpg,.gz"],
  [{ types: ["image/*"], extensions: ["jpg"] }, ".jpg"],
])("the dialog for %j accepts %s", (limits, accept) => {
  expect(acceptOf(limits)).toBe(accept);
});
