/**
 * Whether a value says that Notion refused the access token: an error of `@notionhq/client` (`code: "unauthorized"`), a fetch `Response`, or
 * anything with a status of 401.
 */
export function isUnauthorized(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  const { status, statusCode, code, response } = value as {
    status?: unknown;
    statusCode?: unknown;
    code?: unknown;
    response?: unknown;
  };
  if (value instanceof Error || isResponse(value)) {
    // axios and superagent keep the answer beside the error.
    const nested =
      typeof response === "object" && response !== null ? (response as { status?: unknown }).status : undefined;
    return code === "unauthorized" || status === 401 || statusCode === 401 || nested === 401;
  }
  return status === 401;
}

function isResponse(value: object): boolean {
  return typeof Response === "function" && value instanceof Response;
}
