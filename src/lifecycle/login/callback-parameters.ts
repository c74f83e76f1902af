/** Longest code or state that is looked at, in characters. */
const LONGEST = 2048;

export type CallbackParameters =
  | { readonly kind: "error"; readonly state: string; readonly error: string }
  | { readonly kind: "code"; readonly state: string; readonly code: string }
  | { readonly kind: "invalid"; readonly state: string };

/**
 * Reads what Notion sent the browser back with. `error` comes before `code`; anything that is there twice, too long or not printable is
 * invalid (RFC 6749, sections 3.1 and 4.1.2).
 */
export function parseCallback(query: URLSearchParams, baseUrl: string): CallbackParameters {
  const state = one(query, "state");
  const error = one(query, "error");
  const code = one(query, "code");
  const iss = one(query, "iss");
  // Even a request that is refused uses its state up.
  const usable = typeof state === "string" ? state : "";
  if (state === false || error === false || code === false || iss === false) return { kind: "invalid", state: usable };
  // Notion sends no `iss`; one that names somebody else is a mix-up (RFC 9207, section 2.4).
  if (iss !== undefined && iss !== new URL(baseUrl).origin) return { kind: "invalid", state: usable };
  if (error !== undefined) return { kind: "error", state: usable, error };
  if (code === undefined || code === "") return { kind: "invalid", state: usable };
  return { kind: "code", state: usable, code };
}

/** The parameter's value, undefined when absent, false when not acceptable. */
function one(query: URLSearchParams, name: string): string | undefined | false {
  const values = query.getAll(name);
  const [value] = values;
  if (value === undefined) return undefined;
  if (values.length > 1 || value.length > LONGEST || !/^[\x20-\x7e]*$/.test(value)) return false;
  return value;
}
