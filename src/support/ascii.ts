// What is around a text, and which letters are the same, is said by protocols in ASCII. JavaScript's own `trim` and `toLowerCase` go by Unicode: they make
// names out of what a browser takes for other ones.

/** Without the spaces and tabs around it (RFC 6265, section 5.2; RFC 9110, section 5.6.3). Takes linear time. */
export function trimBlanks(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && isBlank(text[start])) start += 1;
  while (end > start && isBlank(text[end - 1])) end -= 1;
  return text.slice(start, end);
}

function isBlank(letter: string | undefined): boolean {
  return letter === " " || letter === "\t";
}

/** With A to Z in lower case. U+212A is no K. */
export function lowerAscii(text: string): string {
  return text.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}
