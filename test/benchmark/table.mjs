/** Prints a title, aligned columns (names to the left, figures to the right) and notes. */
export function print({ title, rows = [], notes = [] }) {
  console.log(`\n${title}`);
  const columns = Object.keys(rows[0] ?? {});
  const cells = [columns, ...rows.map((row) => columns.map((column) => String(row[column] ?? "")))];
  const widths = columns.map((_, index) => Math.max(...cells.map((line) => line[index].length)));
  for (const line of cells) {
    const text = line.map((cell, index) => (index === 0 ? cell.padEnd(widths[index]) : cell.padStart(widths[index])));
    console.log(`  ${text.join("  ")}`);
  }
  for (const note of notes) console.log(`  ${note}`);
}

/** The same for docs/benchmarks.md. */
export function toMarkdown({ title, rows = [], notes = [] }) {
  const columns = Object.keys(rows[0] ?? {});
  const lines = [columns, columns.map(() => "---"), ...rows.map((row) => columns.map((column) => row[column] ?? ""))];
  return [
    `\n**${title}**\n`,
    ...lines.map((cells) => `| ${cells.join(" | ")} |`),
    ...notes.map((note) => `\n${note}`),
  ].join("\n");
}
