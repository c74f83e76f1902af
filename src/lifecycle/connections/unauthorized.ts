interface Status {
  readonly status?: unknown;
  readonly statusCode?: unknown;
}

/**
 * Whether a value tells of a 401: an error of `@notionhq/client` or another HTTP client, a fetch `Response`, or anything with a `status` of 401. Its words
 * count for nothing: `code: "unauthorized"` is what other services say, too. It is no proof that Notion refused the token.
 */
export function isUnauthorized(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  if (!(value instanceof Error)) return (value as Status).status === 401;
  // axios, got, ky and superagent keep the answer beside the error.
  const { response } = value as { response?: unknown };
  return saysSo(value as Status) || (typeof response === "object" && response !== null && saysSo(response as Status));
}

function saysSo({ status, statusCode }: Status): boolean {
  return status === 401 || statusCode === 401;
}
