/** An access token that somebody answered 401 to. */
export interface RefusedToken {
  readonly token: string;
  /** Whether it was Notion that said so. A 401 of somebody else says nothing of the token. */
  readonly isDead: boolean;
}

/** Why new tokens are wanted. */
export interface RefreshCause {
  /** Absent when the app just asks for a new pair. */
  readonly failed: RefusedToken | undefined;
  /** Which version of the record the caller has seen. */
  readonly version: number;
}
