/** What is needed of a request to read its cookies. */
export interface CookieRequest {
  readonly headers: { readonly cookie?: string | undefined };
}

/** The cookies of a request, values decoded. A name that comes twice keeps its first value, as RFC 6265 orders them. */
export function readCookies(req: CookieRequest): Map<string, string> {
  const cookies = new Map<string, string>();
  for (const part of (req.headers.cookie ?? "").split(";")) {
    const equals = part.indexOf("=");
    if (equals < 1) continue;
    const name = part.slice(0, equals).trim();
    if (cookies.has(name)) continue;
    cookies.set(
      name,
      decode(
        part
          .slice(equals + 1)
          .trim()
          .replace(/^"(.*)"$/, "$1"),
      ),
    );
  }
  return cookies;
}

function decode(value: string): string {
  try {
    return value.includes("%") ? decodeURIComponent(value) : value;
  } catch {
    return value;
  }
}
