export function write(text: string): void {
  process.stdout.write(text);
}

/** The one JSON document of a command. */
export function writeJson(document: object): void {
  write(`${JSON.stringify(document)}\n`);
}
