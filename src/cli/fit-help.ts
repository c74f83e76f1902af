import { columnsOf, wrap } from "./terminal.js";

/** The widest that help is, also on a wide terminal and for programs. */
const WIDEST = 80;
/** How narrow the column of explanations may be before they go below what they explain. */
const NARROWEST = 30;

/** A paragraph, or a term of a list with its explanation. */
interface Block {
  readonly term?: string;
  text: string;
}

/** Writes the help of a command. */
export function writeHelp(help: string, stream: NodeJS.WriteStream = process.stdout): void {
  stream.write(fitHelp(help, columnsOf(stream) ?? WIDEST));
}

/**
 * Lays help out for so many columns. In its text, paragraphs begin at the left, and terms after two spaces; two or more spaces stand between a
 * term and its explanation, and before the further lines of that.
 */
export function fitHelp(help: string, columns: number): string {
  const widest = Math.min(columns, WIDEST);
  if (help.split("\n").every((line) => line.length <= widest)) return help;
  const start = Math.max(...[...help.matchAll(/^ {2}\S+(?: \S+)* {2,}/gm)].map(([before]) => before.length));
  return blocksOf(help)
    .map((block) => layOut(block, widest, start))
    .join("");
}

function blocksOf(help: string): Block[] {
  const blocks: Block[] = [];
  for (const line of help.trimEnd().split("\n")) {
    const [, term, text = ""] = /^ {2}(\S+(?: \S+)*)(?: {2,}(.*))?$/.exec(line) ?? [];
    const last = blocks.at(-1);
    if (term !== undefined) blocks.push({ term, text });
    else if (last !== undefined && goesOn(last, line)) last.text += ` ${line.trim()}`;
    else blocks.push({ text: line });
  }
  return blocks;
}

/** Whether a line that begins no list item belongs to the block before it. */
function goesOn({ term, text }: Block, line: string): boolean {
  return line.startsWith(" ") || (term === undefined && text !== "" && line !== "");
}

function layOut({ term, text }: Block, columns: number, start: number): string {
  const words = text.split(" ");
  if (term === undefined) return wrap(words, columns);
  if (text === "") return `  ${term}\n`;
  if (columns - start < NARROWEST) return `  ${term}\n${wrap(words, columns, 6)}`;
  return `  ${term}`.padEnd(start) + wrap(words, columns, start).slice(start);
}
