// Somebody may have damaged what a database keeps: it is read as far as it goes, so that it is in nobody's way.

/** The object or list in a text of JSON; undefined when there is none. */
export function objectIn(json: unknown): object | undefined {
  try {
    const parsed: unknown = JSON.parse(String(json));
    return typeof parsed === "object" && parsed !== null ? parsed : undefined;
  } catch {
    return undefined;
  }
}

/** The strings of a list in a text of JSON. */
export function stringsIn(json: unknown): string[] {
  const list = objectIn(json);
  return Array.isArray(list) ? list.filter((one) => typeof one === "string") : [];
}
