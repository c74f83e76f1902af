/** The session as the lifecycle sees it: a hash of its id, and how long it lives without being used, in ms. */
export interface SessionFacts {
  readonly hash: string;
  readonly lifetime: number;
}
