/**
 * True if the browser's dialog can choose a folder. Chrome for Android has the property without the
 * dialog before version 132, the first with `Response.bytes`.
 */
export function hasFolderDialog(): boolean {
  if (!("webkitdirectory" in HTMLInputElement.prototype)) return false;
  return !isOldChromeOnAndroid() && !isOldIos();
}

function isOldChromeOnAndroid(): boolean {
  return /Android/u.test(navigator.userAgent) && !("bytes" in Response.prototype);
}

/** Safari for iOS has the dialog since 18.4, the first version with helpers of iterators. */
function isOldIos(): boolean {
  const { maxTouchPoints, userAgent } = navigator;
  // An iPad names itself a Mac, which has no touch screen.
  const isIos = maxTouchPoints > 1 && /AppleWebKit(?!.*Chrom)/u.test(userAgent);
  return isIos && !("Iterator" in globalThis);
}
