/**
 * Starts of cells that spreadsheets run as a formula, full-width ones included. File names may contain
 * them. Where the decimal separator is a comma, spreadsheets separate cells by semicolons, even within
 * the quotes of a cell that is not the first of its row.
 */
const FORMULA = /^(?:[\s"']*[=+\-@\uFF1D\uFF0B\uFF0D\uFF20]|[\t\r])/u;
const FORMULA_AFTER_SEPARATOR = /([;\t\r\n])(?=[\s"']*[=+\-@\uFF1D\uFF0B\uFF0D\uFF20])/gu;
const NEEDS_QUOTES = /[",;\t\r\n]/u;
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
  const safe = cell.replaceAll(FORMULA_AFTER_SEPARATOR, "$1'");
  const text = FORMULA.test(cell) ? `'${safe}` : safe;
  return NEEDS_QUOTES.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
