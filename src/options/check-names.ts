import { OptionError } from "../errors.js";

/** Throws when `given` has a name that is not in `names`, with the nearest known one. */
export function checkNames(prefix: string, given: object, names: readonly string[]): void {
  // A function has no names: `logout((req) => token)` would be taken, and revoke nothing.
  if (typeof given !== "object" || given === null) {
    const of = prefix.slice(0, -1);
    throw new OptionError(of, `The options of \`${of}\` must be an object such as \`{ ${names[0]} }\`.`);
  }
  for (const name of Object.keys(given)) {
    if (names.includes(name)) continue;
    const near = nearest(name, names);
    const shown = printable(`${prefix}${name}`);
    throw new OptionError(shown, `Unknown option \`${shown}\`.${near ? ` Did you mean \`${prefix}${near}\`?` : ""}`);
  }
}

/** Option names come from the caller's code, but may be long or odd by mistake. */
function printable(name: string): string {
  return name.replace(/[^\x20-\x7e]/g, "?").slice(0, 64);
}

/** What other packages call the same thing. */
const elsewhere: Readonly<Record<string, string>> = {
  callbackurl: "redirectUri",
  store: "vault",
  storage: "vault",
  queue: "vault",
  database: "vault",
  connections: "vault",
  revocations: "vault",
  log: "logger",
};

function nearest(name: string, names: readonly string[]): string | undefined {
  const plain = (value: string) => value.toLowerCase().replace(/[^a-z]/g, "");
  const same = names.find((candidate) => [plain(name), plain(elsewhere[plain(name)] ?? "")].includes(plain(candidate)));
  if (same !== undefined) return same;
  const scored = names
    .map((candidate) => [distance(plain(name), plain(candidate)), candidate] as const)
    .sort((a, b) => a[0] - b[0]);
  // Half a word has to be right, or the hint misleads.
  return scored[0] !== undefined && scored[0][0] <= Math.min(3, name.length / 3) ? scored[0][1] : undefined;
}

/** Levenshtein distance. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      next[j] = Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1));
    }
    row = next;
  }
  return row[b.length]!;
}
