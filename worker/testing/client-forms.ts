import { utf8 } from "./multipart.ts";

/** A form as a real client sends it, recorded from a socket. */
interface ClientForm {
  client: string;
  /** The `Content-Type`. */
  type: string;
  body: Uint8Array<ArrayBuffer>;
  /** Its parts: field, file name, content. */
  parts: readonly (readonly [name: string, filename: string | undefined, content: string])[];
}

/** Placeholder for the form's boundary in the recordings. */
const OUTER = "OUTER";
const INNER = "INNER";

/** @param lines the body, without the last line break */
function recorded(
  client: string,
  boundary: string,
  lines: readonly string[],
  parts: ClientForm["parts"],
): ClientForm {
  const text = lines.join("\r\n").replaceAll(OUTER, boundary).replaceAll(INNER, NESTED);
  const type = `multipart/form-data; boundary=${/=/u.test(boundary) ? `"${boundary}"` : boundary}`;
  return { client, type, body: Uint8Array.from(utf8(`${text}\r\n`)), parts };
}

const CURL = "------------------------894d490274684568";
const NESTED = "------------------------aadfbd414d89afe2";
const NODE = "----formdata-undici-013292924151";

export const CLIENT_FORMS: readonly ClientForm[] = [
  recorded(
    "curl 7.88 -F 'f=@a.txt,b.txt' -F note=hi",
    CURL,
    [
      "--OUTER",
      'Content-Disposition: form-data; name="f"',
      "Content-Type: multipart/mixed; boundary=INNER",
      "",
      "--INNER",
      'Content-Disposition: attachment; filename="a.txt"',
      "Content-Type: text/plain",
      "",
      "aaa\n",
      "--INNER",
      'Content-Disposition: attachment; filename="b.txt"',
      "Content-Type: text/plain",
      "",
      "bbb\n",
      "--INNER--",
      "",
      "--OUTER",
      'Content-Disposition: form-data; name="note"',
      "",
      "hi",
      "--OUTER--",
    ],
    [
      ["f", "a.txt", "aaa\n"],
      ["f", "b.txt", "bbb\n"],
      ["note", undefined, "hi"],
    ],
  ),
  recorded(
    "curl 7.88 -F 'f=(;type=multipart/alternative' -F '=plain' -F '=<a.txt;type=text/html' -F '=)'",
    CURL,
    [
      "--OUTER",
      'Content-Disposition: form-data; name="f"',
      "Content-Type: multipart/alternative; boundary=INNER",
      "",
      "--INNER",
      "",
      "plain",
      "--INNER",
      "Content-Type: text/html",
      "",
      "aaa\n",
      "--INNER--",
      "",
      "--OUTER--",
    ],
    [
      ["f", undefined, "plain"],
      ["f", undefined, "aaa\n"],
    ],
  ),
  recorded(
    "curl 7.88 -F '=(;type=multipart/mixed' -F =hello -F =@a.txt -F '=)'",
    CURL,
    [
      "--OUTER",
      "Content-Disposition: form-data",
      "Content-Type: multipart/mixed; boundary=INNER",
      "",
      "--INNER",
      "",
      "hello",
      "--INNER",
      'Content-Disposition: attachment; filename="a.txt"',
      "Content-Type: text/plain",
      "",
      "aaa\n",
      "--INNER--",
      "",
      "--OUTER--",
    ],
    [
      ["", undefined, "hello"],
      ["", "a.txt", "aaa\n"],
    ],
  ),
  recorded(
    "curl 7.88 -F 'f=@a.txt;encoder=base64' -F 'g=@a.txt;encoder=quoted-printable'",
    CURL,
    [
      "--OUTER",
      'Content-Disposition: form-data; name="f"; filename="a.txt"',
      "Content-Type: text/plain",
      "Content-Transfer-Encoding: base64",
      "",
      "YWFhCg==",
      "--OUTER",
      'Content-Disposition: form-data; name="g"; filename="a.txt"',
      "Content-Type: text/plain",
      "Content-Transfer-Encoding: quoted-printable",
      "",
      "aaa=0A",
      "--OUTER--",
    ],
    [
      ["f", "a.txt", "aaa\n"],
      ["g", "a.txt", "aaa\n"],
    ],
  ),
  recorded(
    "curl 7.88 -F 'f=@ü\"q\\%.txt'",
    CURL,
    [
      "--OUTER",
      'Content-Disposition: form-data; name="f"; filename="ü%22q\\%.txt"',
      "Content-Type: text/plain",
      "",
      "q\n",
      "--OUTER--",
    ],
    [["f", 'ü"q\\%.txt', "q\n"]],
  ),
  recorded(
    "curl 7.88 --form-escape -F 'f=@ü\"q\\%.txt'",
    CURL,
    [
      "--OUTER",
      'Content-Disposition: form-data; name="f"; filename="ü\\"q\\\\%.txt"',
      "Content-Type: text/plain",
      "",
      "q\n",
      "--OUTER--",
    ],
    [["f", 'ü"q\\%.txt', "q\n"]],
  ),
  recorded(
    "Python requests 2.34, files with and without names, and data",
    "088264964361608bf8a72daab42a2bba",
    [
      "--OUTER",
      'Content-Disposition: form-data; name="note"',
      "",
      "ü",
      "--OUTER",
      'Content-Disposition: form-data; name="a"; filename="a"',
      "",
      "bytes",
      "--OUTER",
      'Content-Disposition: form-data; name="b"; filename="ü %22x%22%0D%0A.txt"',
      "X-H: 1",
      "",
      "x",
      "--OUTER",
      'Content-Disposition: form-data; name="d"',
      "Content-Type: application/json",
      "",
      "{}",
      "--OUTER",
      'Content-Disposition: form-data; name="empty"; filename=""',
      "",
      "zz",
      "--OUTER--",
    ],
    [
      ["note", undefined, "ü"],
      ["a", "a", "bytes"],
      ["b", 'ü "x"\r\n.txt', "x"],
      ["d", undefined, "{}"],
      ["empty", "", "zz"],
    ],
  ),
  recorded(
    "Python email, MIMEMultipart('form-data')",
    "===============5670171952626251178==",
    [
      "--OUTER",
      "Content-Type: application/octet-stream",
      "MIME-Version: 1.0",
      "Content-Transfer-Encoding: base64",
      "Content-Disposition: form-data; name=\"g\"; filename*=iso-8859-1''f%FC.bin",
      "",
      "enp6",
      "",
      "--OUTER",
      'Content-Type: text/plain; charset="utf-8"',
      "MIME-Version: 1.0",
      "Content-Transfer-Encoding: base64",
      'Content-Disposition: form-data; name="t"',
      "",
      "dGV4dCDDvA==",
      "",
      "--OUTER--",
    ],
    [
      ["g", "fü.bin", "zzz"],
      ["t", undefined, "text ü"],
    ],
  ),
  recorded(
    "Node 24's FormData, a Blob with the name ''",
    NODE,
    [
      "--OUTER",
      'Content-Disposition: form-data; name="a"',
      "Content-Type: application/octet-stream",
      "",
      "blob",
      "--OUTER",
      'Content-Disposition: form-data; name="c"',
      "",
      "text\r\nline",
      "--OUTER",
      'Content-Disposition: form-data; name="d%22%0D%0A"; filename="ü%22\\%0A%22.txt"',
      "Content-Type: application/octet-stream",
      "",
      "y",
      "--OUTER--",
    ],
    [
      ["a", undefined, "blob"],
      ["c", undefined, "text\r\nline"],
      ['d"\r\n', 'ü"\\\n".txt', "y"],
    ],
  ),
  recorded(
    "form-data 4 and superagent 10, Buffers without a name",
    "----------------------------1343978dacbaaea72b2112bd",
    [
      "--OUTER",
      'Content-Disposition: form-data; name="buf"',
      "Content-Type: application/octet-stream",
      "",
      "\0\u0001",
      "--OUTER",
      'Content-Disposition: form-data; name="b3"',
      "Content-Type: image/png",
      "",
      "y",
      "--OUTER",
      'Content-Disposition: form-data; name="hdr"',
      "Content-Type: application/octet-stream",
      "X-A: 1",
      "",
      "z",
      "--OUTER",
      'Content-Disposition: form-data; name="note"',
      "",
      "hi",
      "--OUTER--",
    ],
    [
      ["buf", undefined, "\0\u0001"],
      ["b3", undefined, "y"],
      ["hdr", undefined, "z"],
      ["note", undefined, "hi"],
    ],
  ),
];
