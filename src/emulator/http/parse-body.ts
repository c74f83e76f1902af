/** A request body: its fields, or why there are none. */
export type ParsedBody =
  | { readonly type: "json" | "form"; readonly values: Readonly<Record<string, unknown>> }
  | { readonly type: "none" | "invalid"; readonly values: Readonly<Record<string, never>> };

const NONE: ParsedBody = { type: "none", values: {} };
const INVALID: ParsedBody = { type: "invalid", values: {} };

/** Parses a JSON object or a form; never throws. */
export function parseBody(contentType: string | undefined, body: Buffer): ParsedBody {
  if (body.length === 0) return NONE;
  const type = (contentType ?? "").split(";", 1)[0]?.trim().toLowerCase();
  if (type === "application/x-www-form-urlencoded") {
    return { type: "form", values: Object.fromEntries(new URLSearchParams(body.toString("utf8"))) };
  }
  if (type !== "application/json") return INVALID;
  try {
    const value: unknown = JSON.parse(body.toString("utf8"));
    if (typeof value !== "object" || value === null || Array.isArray(value)) return INVALID;
    return { type: "json", values: value as Record<string, unknown> };
  } catch {
    return INVALID;
  }
}
