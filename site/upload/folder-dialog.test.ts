import { afterEach, expect, it, vi } from "vitest";
import { hasFolderDialog } from "./folder-dialog.ts";

const CHROME = "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Mobile Safari/537.36";
const SAFARI = "AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.3 Mobile/15E148 Safari/604.1";
const ANDROID = `Mozilla/5.0 (Linux; Android 10; K) ${CHROME}`;
const WINDOWS = `Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${CHROME}`;
const IPHONE = `Mozilla/5.0 (iPhone; CPU iPhone OS 18_3 like Mac OS X) ${SAFARI}`;
const IPAD = `Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) ${SAFARI}`;
const FIREFOX = "Mozilla/5.0 (Android 15; Mobile; rv:141.0) Gecko/141.0 Firefox/141.0";

interface FakeBrowser {
  userAgent: string;
  touchPoints: number;
  /** The properties that the function looks at, as this browser has them. */
  has: ("webkitdirectory" | "bytes" | "Iterator")[];
}

function stub({ userAgent, touchPoints, has }: FakeBrowser): void {
  const prototype = has.includes("webkitdirectory") ? { webkitdirectory: false } : {};
  vi.stubGlobal("HTMLInputElement", { prototype });
  vi.stubGlobal("Response", { prototype: has.includes("bytes") ? { bytes: null } : {} });
  vi.stubGlobal("navigator", { userAgent, maxTouchPoints: touchPoints });
  if (!has.includes("Iterator")) {
    vi.stubGlobal("Iterator", undefined);
    Reflect.deleteProperty(globalThis, "Iterator");
  }
}

afterEach(() => vi.unstubAllGlobals());

it.each<[string, FakeBrowser, boolean]>([
  [
    "Chrome 131 for Android",
    { userAgent: ANDROID, touchPoints: 5, has: ["webkitdirectory", "Iterator"] },
    false,
  ],
  [
    "Chrome 132 for Android",
    { userAgent: ANDROID, touchPoints: 5, has: ["webkitdirectory", "bytes", "Iterator"] },
    true,
  ],
  [
    "Chrome 111 on a touch screen of Windows",
    { userAgent: WINDOWS, touchPoints: 10, has: ["webkitdirectory"] },
    true,
  ],
  ["iOS 18.3", { userAgent: IPHONE, touchPoints: 5, has: ["webkitdirectory"] }, false],
  ["iPadOS 18.3", { userAgent: IPAD, touchPoints: 5, has: ["webkitdirectory"] }, false],
  ["iOS 18.4", { userAgent: IPHONE, touchPoints: 5, has: ["webkitdirectory", "Iterator"] }, true],
  ["Safari 16.4 on a Mac", { userAgent: IPAD, touchPoints: 0, has: ["webkitdirectory"] }, true],
  ["Firefox 141 for Android", { userAgent: FIREFOX, touchPoints: 5, has: ["Iterator"] }, false],
])("tells whether %s can choose folders", (_, browser, expected) => {
  stub(browser);
  expect(hasFolderDialog()).toBe(expected);
});
