import type { Request, Response } from "express";
import type { Edge } from "../express/edge.js";
import type { Core } from "../lifecycle/core.js";
import type { Actions } from "./actions.js";
import type { VerifiedLogin } from "./verified-login.js";
import type { AnyVerifyFunction } from "./verify-function.js";

/** What a strategy works with. */
export interface StrategyParts {
  readonly core: Core;
  /** Undefined for a strategy on its own. */
  readonly edge: Edge | undefined;
  readonly verify: AnyVerifyFunction;
  readonly passRequest: boolean;
  /** Logins that came back and are not done yet, by state. */
  readonly verdicts: Map<string, Promise<VerifiedLogin>>;
}

/** One request that Passport hands to the strategy. */
export interface StrategyCall {
  readonly parts: StrategyParts;
  /** The parts' core, for the redirect URI of this call. */
  readonly core: Core;
  readonly req: Request;
  readonly res: Response;
  readonly actions: Actions;
}
