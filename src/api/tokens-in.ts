/** A field of JSON, or the first item of a list in it. */
const JSON_FIELD = /"(access_token|refresh_token)"[\t\n\r ]*:[\t\n\r ]*(?:\[[\t\n\r ]*)?("[^"\\]*(?:\\.[^"\\]*)*")/g;
const FORM_FIELD = /(?:^|[&\r\n])(access_token|refresh_token)=([^&\t\n\r "]+)/g;

/**
 * The tokens in the bytes of an answer, each once, access tokens first. They are read wherever they stand, so that it makes no difference whether the
 * JSON around them is whole, or is JSON at all.
 */
export function tokensIn(bytes: Buffer | string): readonly string[] {
  const text = bytes.toString("utf8");
  // Without its zeros, UTF-16 is the text; without its backslashes, JSON in a string of JSON.
  return namedIn(text) ?? namedIn(text.replaceAll("\0", "")) ?? namedIn(text.replaceAll('\\"', '"')) ?? [];
}

function namedIn(text: string): readonly string[] | undefined {
  const fields = [...text.matchAll(JSON_FIELD)].map(([, name, literal = ""]) => ({ name, token: parse(literal) }));
  if (fields.length === 0)
    fields.push(...[...text.matchAll(FORM_FIELD)].map(([, name, value = ""]) => ({ name, token: decode(value) })));
  const tokens = fields.filter(({ token }) => /[^\t\n\r ]/.test(token));
  const inOrder = [...tokens.filter(({ name }) => name === "access_token"), ...tokens];
  return inOrder.length === 0 ? undefined : [...new Set(inOrder.map(({ token }) => token))];
}

function parse(literal: string): string {
  try {
    return JSON.parse(literal) as string;
  } catch {
    return "";
  }
}

function decode(value: string): string {
  try {
    return decodeURIComponent(value.replaceAll("+", " "));
  } catch {
    return value;
  }
}
