/** What a vault needs of a `pg.Pool`. */
export interface Pool {
  connect(): Promise<Connection>;
  end(): Promise<unknown>;
  on(event: "error", listener: (error: Error) => void): unknown;
}

/** A connection that a pool has given out, and waits to get back. */
export interface Connection {
  query(query: Query & { readonly types: TypeParsers }): Promise<Result>;
  /** @param isBroken whether the pool has to close it, instead of giving it out again */
  release(isBroken?: boolean): void;
  on(event: "error", listener: (error: Error) => void): unknown;
  removeListener(event: "error", listener: (error: Error) => void): unknown;
}

/** Without a name, so that the server keeps nothing of it: between two calls, a pooler may give the session to somebody else. */
export interface Query {
  readonly text: string;
  readonly values?: readonly Value[];
}

export type Value = string | number | null | readonly string[];

export interface Result {
  readonly rows: readonly Row[];
  /** How many rows there were, or were changed. */
  readonly rowCount: number | null;
}

/** How a value of each type is read. It comes as a string, or as a Buffer, as the pool was made. */
interface TypeParsers {
  getTypeParser(): (value: unknown) => string;
}

export type Row = Readonly<Record<string, string | null>>;

/** Gives out connections. */
export interface Connections {
  connect(): Promise<Connection>;
  /** Closes what it has opened by itself. */
  close(): Promise<void>;
}
