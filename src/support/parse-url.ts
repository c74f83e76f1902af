/**
 * The address, or undefined where it is none. Not by `URL.canParse`: once Node 20 or 22 has optimized it, it takes every address with
 * letters beyond ASCII for none. `URL.parse` came with Node 22.1.
 */
export function parseUrl(text: string, base?: string): URL | undefined {
  try {
    return new URL(text, base);
  } catch {
    return undefined;
  }
}
