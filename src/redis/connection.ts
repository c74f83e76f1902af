/** What ioredis and node-redis have in common, as far as a vault needs it. */
export interface Connection {
  /** The client itself: what is known about its server is kept by it. */
  readonly client: object;
  evalSha(sha: string, key: string, args: readonly string[]): Promise<unknown>;
  eval(script: string, key: string, args: readonly string[]): Promise<unknown>;
  /** The server, or the masters of a cluster. */
  servers(): Promise<readonly Server[]>;
}

/** One server, for questions about itself. */
export interface Server {
  /** A section of INFO. */
  info(section: string): Promise<unknown>;
  /** What CONFIG GET gives: a list of names and values, or an object. */
  config(name: string): Promise<unknown>;
}

/** A connection that the vault has made by itself. */
export interface OwnConnection extends Connection {
  /** Why it does not stand at the moment, where that is known. */
  readonly problem: unknown;
  /** Ends it at once, whatever is under way. */
  close(): void;
}

/** Makes a connection that takes calls before it stands. */
export type Connect = (url: string) => OwnConnection;
