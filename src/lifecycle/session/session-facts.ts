/** The session as the lifecycle sees it. */
export interface SessionFacts {
  /** Hash of its id. */
  readonly hash: string;
  /** How long it lives without being used, in ms. */
  readonly lifetime: number;
}
