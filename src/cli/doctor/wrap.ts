/** Breaks a text between its words, so that its lines fit. A word that is longer than a line, such as a path, is left whole. */
export function wrap(
  text: string,
  { first, others, columns }: { readonly first: string; readonly others: string; readonly columns: number },
): string {
  const lines: string[] = [];
  let line = first;
  let isEmpty = true;
  for (const word of text.split(" ")) {
    if (!isEmpty && line.length + 1 + word.length > columns) {
      lines.push(line);
      line = others;
      isEmpty = true;
    }
    line += isEmpty ? word : ` ${word}`;
    isEmpty = false;
  }
  return [...lines, line].map((one) => `${one}\n`).join("");
}
