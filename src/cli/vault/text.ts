/** Text from a vault for a terminal: what could be taken for a command of it is replaced, and it is cut. */
export function printable(text: string, length: number): string {
  return text.replace(/[^\x20-\x7e]/g, "?").slice(0, length);
}

/** A length of time in ms, in its two largest units: `2 d 3 h`, `4 min 5 s`. */
export function duration(ms: number): string {
  const seconds = Math.round(Math.max(0, ms) / 1000);
  const parts = [
    [Math.floor(seconds / 86_400), "d"],
    [Math.floor(seconds / 3600) % 24, "h"],
    [Math.floor(seconds / 60) % 60, "min"],
    [seconds % 60, "s"],
  ] as const;
  const first = parts.findIndex(([amount]) => amount > 0);
  if (first < 0) return "0 s";
  return parts
    .slice(first, first + 2)
    .filter(([amount]) => amount > 0)
    .map(([amount, unit]) => `${amount} ${unit}`)
    .join(" ");
}

/** A length of time in ms for a column: at most six characters, as in `90 s`, `15 min`, `71 h`, `14 d`. */
export function shortDuration(ms: number): string {
  const seconds = Math.round(Math.max(0, ms) / 1000);
  if (seconds < 100) return `${seconds} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 100) return `${minutes} min`;
  const hours = Math.round(minutes / 60);
  return hours < 72 ? `${hours} h` : `${Math.round(hours / 24)} d`;
}

/** Columns under their headings, two spaces apart. */
export function table(headings: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [headings, ...rows];
  const widths = headings.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  return all
    .map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  "))
    .map((line) => `${line.trimEnd()}\n`)
    .join("");
}

/** `1 revocation`, `2 revocations`. */
export function count(amount: number, thing: string): string {
  return `${amount.toLocaleString("en")} ${thing}${amount === 1 ? "" : "s"}`;
}
