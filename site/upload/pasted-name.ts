let lastMoment = "";
let countAtMoment = 0;

/**
 * Returns a name for a picture from the clipboard: when it was pasted, in local time.
 *
 * @param textOf returns the name with a date and time, in the page's language
 */
export function pastedName({ name }: File, at: Date, textOf: (moment: string) => string): string {
  const moment = momentOf(at);
  countAtMoment = moment === lastMoment ? countAtMoment + 1 : 1;
  lastMoment = moment;
  // With the same name, a second picture would replace the first.
  const number = countAtMoment === 1 ? "" : ` (${countAtMoment})`;
  const extension = /\.\w+$/u.exec(name)?.[0] ?? "";
  return `${textOf(moment)}${number}${extension}`;
}

/** Without colons, which file systems don't allow in names. */
function momentOf(at: Date): string {
  const date = [at.getFullYear(), at.getMonth() + 1, at.getDate()].map(twoDigits).join("-");
  const time = [at.getHours(), at.getMinutes(), at.getSeconds()].map(twoDigits).join(".");
  return `${date} ${time}`;
}

function twoDigits(value: number): string {
  return String(value).padStart(2, "0");
}
