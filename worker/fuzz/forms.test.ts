import * as fc from "fast-check";
import { expect, test } from "vitest";
import { BOUNDARY, FORM_TYPE, formBody, utf8 } from "../testing/multipart.ts";
import { CLIENT_FORMS } from "../testing/client-forms.ts";
import { cut, collectForm } from "../testing/collect-form.ts";
import { ProblemError } from "../http/problem.ts";
import { fuzz, FUZZ_TIMEOUT_MS } from "./budget.ts";
import { applyEdits, editText, someEdits } from "./edits.ts";

const FORMS: readonly { type: string; body: Uint8Array }[] = [
  ...[
    formBody([
      { name: 0, bytes: "first", headers: { "Content-Digest": "sha-256=:AA==:" } },
      { name: 1, bytes: "\r\n--\r\n" },
      { name: 'a"b', bytes: "", filename: "%22 ü \\" },
    ]),
    formBody([]),
    utf8(`preamble\r\n--${BOUNDARY}\r\ncontent-disposition: form-data; name*=UTF-8''x\r\n\r\n`),
    utf8(`--${BOUNDARY}\r\ncontent-disposition: form-data;\r\n\tname=x\r\n--${BOUNDARY}--`),
  ].map((body) => ({ type: FORM_TYPE, body })),
  ...CLIENT_FORMS,
];

const aForm = fc
  .record({
    form: fc.constantFrom(...FORMS),
    edits: someEdits,
    typeEdits: fc.oneof(
      { weight: 9, arbitrary: fc.constant([]) },
      { weight: 1, arbitrary: someEdits },
    ),
    cuts: fc.array(fc.nat(), { maxLength: 8 }),
  })
  .map(({ form, edits, typeEdits, cuts }) => {
    const [body, type] = [applyEdits(form.body, edits), editText(form.type, typeEdits)];
    return { body, type, cuts };
  });

test(
  "the result of parsing a form does not depend on its chunks",
  async () => {
    const tried = await fuzz("forms", aForm, {}, async ({ body, type, cuts }) => {
      const [whole, pieces] = [
        await collectForm([body], { type }),
        await collectForm(cut(body, cuts), { type }),
      ];
      expect(pieces).toEqual(whole);
      expect(whole.problem === null || whole.problem instanceof ProblemError).toBe(true);
    });
    expect(tried).toBeGreaterThan(0);
  },
  FUZZ_TIMEOUT_MS,
);
