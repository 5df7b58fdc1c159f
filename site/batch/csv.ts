/** What spreadsheets take for the beginning of a formula, which the name of a file may well have. */
const FORMULA = /^[=+\-@\t\r]/u;
const NEEDS_QUOTES = /[",\r\n]/u;
/** Without it spreadsheets take UTF-8 for the machine's old character set. */
const BYTE_ORDER_MARK = "\u{FEFF}";

export type CsvRow = readonly (string | number)[];

/** Rows as CSV (RFC 4180) that a spreadsheet opens as it is, and whose texts it does not run. */
export function csvOf(rows: readonly CsvRow[]): string {
  const lines = rows.map((row) => `${row.map(cellOf).join(",")}\r\n`);
  return BYTE_ORDER_MARK + lines.join("");
}

function cellOf(cell: string | number): string {
  if (typeof cell === "number") return `${cell}`;
  const text = FORMULA.test(cell) ? `'${cell}` : cell;
  return NEEDS_QUOTES.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
