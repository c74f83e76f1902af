/**
 * Whether a version is in a range of npm's, as far as this package's own package.json uses them: `^1.2.3`, `>=1.2 <2`, joined by `||`.
 * A version before a release counts as that release.
 */
export function isInRange(version: string, range: string): boolean {
  const found = numbersOf(version);
  return range.split("||").some((part) =>
    part
      .trim()
      .split(/\s+/)
      .every((one) => fits(found, one)),
  );
}

function fits(found: readonly number[], comparator: string): boolean {
  const [, operator, text = ""] = /^(\^|>=|<)(.+)$/.exec(comparator) ?? [];
  const bound = numbersOf(text);
  if (operator === "<") return compare(found, bound) < 0;
  if (operator === ">=") return compare(found, bound) >= 0;
  if (operator !== "^") return false;
  // The first number that is not 0 stays as it is.
  const fixed = bound.findIndex((one) => one > 0) + 1;
  return compare(found, bound) >= 0 && bound.slice(0, fixed).every((one, index) => one === found[index]);
}

function numbersOf(version: string): number[] {
  const [, major, minor = 0, patch = 0] = /^v?(\d+)(?:\.(\d+))?(?:\.(\d+))?/.exec(version) ?? [];
  return [Number(major), Number(minor), Number(patch)];
}

function compare(a: readonly number[], b: readonly number[]): number {
  const index = a.findIndex((one, at) => one !== b[at]);
  return index < 0 ? 0 : a[index]! - b[index]!;
}
