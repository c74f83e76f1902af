/** How wide the terminal is that a stream leads to; undefined where it leads elsewhere. */
export function columnsOf({ isTTY, columns }: Pick<NodeJS.WriteStream, "isTTY" | "columns">): number | undefined {
  // A terminal whose size nobody has set says 0.
  return isTTY ? columns || 80 : undefined;
}

/** Writes a sentence on a line: wrapped on a terminal, in one piece for programs. */
export function say(sentence: string, stream: NodeJS.WriteStream = process.stdout): void {
  const columns = columnsOf(stream) ?? Number.POSITIVE_INFINITY;
  stream.write(wrap(sentence.split(" "), columns));
}

/**
 * Lines of words. A word that is longer than a line, such as a path, is left whole: so it can be copied.
 * @param indent how many spaces each line begins with, but the first
 * @param first how many the first begins with
 */
export function wrap(words: readonly string[], columns: number, indent = 0, first = indent): string {
  const lines: string[] = [];
  for (const word of words) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= columns) lines[lines.length - 1] += ` ${word}`;
    else lines.push(" ".repeat(last === undefined ? first : indent) + word);
  }
  return lines.map((line) => `${line}\n`).join("");
}
