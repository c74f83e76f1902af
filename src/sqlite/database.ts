/** What `node:sqlite`, better-sqlite3 and libsql have in common, as far as a vault needs it. */
export interface Database {
  exec(sql: string): unknown;
  prepare(sql: string): Statement;
  close(): unknown;
}

export interface Statement {
  /** For what gives no rows. */
  run(...values: Value[]): { readonly changes: number | bigint };
  /** For what gives rows. `get` of some engines stops at the first one and leaves the statement, and what it reads, open. */
  all(...values: Value[]): unknown[];
}

export type Value = string | number | null;

/** Numbers may be bigint, as the database was opened. */
export type Row = Readonly<Record<string, unknown>>;

export function rowsOf(statement: Statement, ...values: Value[]): Row[] {
  return statement.all(...values) as Row[];
}

/** Opens the file at a path. */
export interface OpenDatabase {
  (path: string): Database;
  /** What it opens it with, such as `node:sqlite`. */
  readonly engine: string;
}
