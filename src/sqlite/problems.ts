// What went wrong, in the words of three engines: node:sqlite says it in numbers, the others in names.
// https://www.sqlite.org/rescode.html

const BUSY = 5;

const codes: Readonly<Record<string, number>> = {
  SQLITE_BUSY: BUSY,
  SQLITE_LOCKED: 6,
  SQLITE_NOMEM: 7,
  SQLITE_READONLY: 8,
  SQLITE_IOERR: 10,
  SQLITE_CORRUPT: 11,
  SQLITE_FULL: 13,
  SQLITE_CANTOPEN: 14,
  SQLITE_PROTOCOL: 15,
  SQLITE_NOTADB: 26,
};

/** Whether somebody else is at it, and it can be tried again in a moment. */
export function isBusy(error: unknown): boolean {
  const code = codeOf(error);
  if (code === BUSY || code === codes.SQLITE_LOCKED) return true;
  // The app has a transaction under way on a database that it shares with the vault.
  return error instanceof Error && /(?:within|inside) a transaction/.test(error.message);
}

/** Whether the database itself has failed, and not only the one thing that it was asked for. */
export function concernsAll(error: unknown): boolean {
  return isBusy(error) || Object.values(codes).includes(codeOf(error) ?? 0);
}

/** The error under the name that the others give it, where node:sqlite has only a number: a log line tells that name. */
export function named(error: unknown): unknown {
  const [name] = Object.entries(codes).find(([, number]) => number === codeOf(error)) ?? [];
  const isNameless = (error as { readonly code?: unknown } | null)?.code === "ERR_SQLITE_ERROR";
  return isNameless && name !== undefined ? Object.assign(error as Error, { code: name }) : error;
}

function codeOf(error: unknown): number | undefined {
  const { code, errcode } = (error ?? {}) as { readonly code?: unknown; readonly errcode?: unknown };
  // An extended code has the plain one in its lowest byte.
  if (typeof errcode === "number") return errcode & 0xff;
  const name = typeof code === "string" ? /^SQLITE_[A-Z]+/.exec(code)?.[0] : undefined;
  return name === undefined ? undefined : codes[name];
}
