import { serverNow } from "../../client/api/server-time.ts";
import { DAY_MS } from "../../protocol/index.ts";

/** Returns a function that formats a time for a sentence: "today, 14:03", "24 Nov 2026, 14:03". */
export function momentsFor(locale: string): (iso: string, now?: number) => string {
  const time = new Intl.DateTimeFormat(locale, { timeStyle: "short" });
  const date = new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "short" });
  const day = new Intl.RelativeTimeFormat(locale, { numeric: "auto" });
  return (iso, now = serverNow()) => {
    const at = new Date(iso);
    const days = Math.round((midnight(new Date(now)) - midnight(at)) / DAY_MS);
    if (days < 0 || days > 1) return date.format(at);
    return `${day.format(-days, "day")}, ${time.format(at)}`;
  };
}

function midnight(at: Date): number {
  return new Date(at.getFullYear(), at.getMonth(), at.getDate()).getTime();
}
