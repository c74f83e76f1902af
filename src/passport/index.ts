/**
 * A strategy for Passport 0.5 to 0.7. Needs the packages `passport` and `passport-oauth2`.
 * @packageDocumentation
 */
export { NotionStrategy } from "./notion-strategy.js";
export type { NotionProfile, NotionProfileJson } from "./notion-profile.js";
export type {
  NotionAuthenticateOptions,
  NotionStrategyOptions,
  NotionStrategyOptionsWithRequest,
} from "./strategy-options.js";
export type {
  NotionTokenParams,
  NotionVerifyCallback,
  NotionVerifyFunction,
  NotionVerifyFunctionWithParams,
  NotionVerifyFunctionWithRequest,
  NotionVerifyFunctionWithRequestAndParams,
} from "./verify-function.js";
