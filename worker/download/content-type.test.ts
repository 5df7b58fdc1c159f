import { expect, test } from "vitest";
import { downloadType } from "./content-type.ts";

test.each([
  "image/png",
  "image/vnd.adobe.photoshop",
  "video/mp4",
  'video/mp4; codecs="avc1.42E01E"',
  "audio/mpeg",
  "font/woff2",
  "text/plain",
  "text/plain; charset=utf-8",
  "text/csv",
  "application/json",
  "application/pdf",
  "application/zip",
  "application/vnd.ms-excel",
  "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
])("a file of the inert type %j is served with it", (type) => {
  expect(downloadType(type)).toBe(type);
});

/** Every JavaScript MIME type of the WHATWG's MIME Sniffing Standard. */
const SCRIPTS = [
  "application/ecmascript",
  "application/javascript",
  "application/x-ecmascript",
  "application/x-javascript",
  "text/ecmascript",
  "text/javascript",
  "text/javascript1.0",
  "text/javascript1.1",
  "text/javascript1.2",
  "text/javascript1.3",
  "text/javascript1.4",
  "text/javascript1.5",
  "text/jscript",
  "text/livescript",
  "text/x-ecmascript",
  "text/x-javascript",
];

test.each([
  ...SCRIPTS,
  "TEXT/JavaScript",
  "text/javascript; charset=utf-8",
  "text/css",
  "text/html",
  "text/html; charset=x",
  "application/xhtml+xml",
  "text/xml",
  "application/xml",
  "application/rss+xml",
  "application/xslt+xml",
  "text/xsl",
  "application/mathml+xml",
  "image/svg+xml",
  "IMAGE/SVG+XML",
  "image/svg",
  "image/dicom+xml",
  "application/wasm",
  "application/manifest+json",
  "application/x-web-app-manifest+json",
  "text/cache-manifest",
  "application/speculationrules+json",
  "multipart/x-mixed-replace; boundary=x",
  "multipart/related",
  "message/rfc822",
  "text/event-stream",
  "application/x-shockwave-flash",
  "application/x-xpinstall",
  "application/vnd.mozilla.xul+xml",
  "application/vnd.ms-word+xml",
  "text/unknown-to-browsers-yet",
  "*/*",
  "",
  " ",
  "image/",
  "image/png,text/javascript",
  "text/javascript,image/png",
  "application/vnd.ms-excel,text/javascript",
])("a file of the type %j is served as bytes", (type) => {
  expect(downloadType(type)).toBe("application/octet-stream");
});

test.each([
  ["image/png; a=b,text/javascript", "image/png"],
  ['video/mp4; codecs="avc1, mp4a"', "video/mp4"],
])("a list of types, %j, is served as the first one", (type, served) => {
  expect(downloadType(type)).toBe(served);
});

test.each([
  ["text/plain; charset=x", "text/plain"],
  ['text/plain;charset="no-such;encoding"', "text/plain"],
  ["text/plain; charset=", "text/plain"],
  [
    'text/csv; header=present; charset="ISO-8859-1"',
    'text/csv; header=present; charset="ISO-8859-1"',
  ],
])("the type %j is served as %j, without a charset that doesn't exist", (type, served) => {
  expect(downloadType(type)).toBe(served);
});
