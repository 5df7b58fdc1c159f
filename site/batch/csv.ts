/** Prefixes that make spreadsheets run a cell as a formula. File names may start with them. */
const FORMULA = /^[=+\-@\t\r]/u;
const NEEDS_QUOTES = /[",\r\n]/u;
/** Without it, spreadsheets read UTF-8 as the system's legacy encoding. */
const BYTE_ORDER_MARK = "\u{FEFF}";

export type CsvRow = readonly (string | number)[];

/** Returns rows as CSV (RFC 4180) that opens in spreadsheets without running any text as a formula. */
export function csvOf(rows: readonly CsvRow[]): string {
  const lines = rows.map((row) => `${row.map(cellOf).join(",")}\r\n`);
  return BYTE_ORDER_MARK + lines.join("");
}

function cellOf(cell: string | number): string {
  if (typeof cell === "number") return `${cell}`;
  const text = FORMULA.test(cell) ? `'${cell}` : cell;
  return NEEDS_QUOTES.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
