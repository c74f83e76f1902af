import type { Request } from "express";
import type { NotionProfile, NotionProfileJson } from "./notion-profile.js";

/** Notion's token answer as passport-oauth2 hands it on: without the refresh token, which is an argument of its own. */
export interface NotionTokenParams extends NotionProfileJson {
  readonly access_token: string;
  readonly token_type: "bearer";
}

/** Ends the verification: an error, a user, or `false` for a refusal; `info` as Passport knows it. */
export type NotionVerifyCallback = (error?: unknown, user?: Express.User | false | null, info?: object) => void;

/** Finds the app's user. Notion may give no refresh token. */
export type NotionVerifyFunction = (
  accessToken: string,
  refreshToken: string | null,
  profile: NotionProfile,
  done: NotionVerifyCallback,
) => unknown;

/** As {@link NotionVerifyFunction}, with Notion's token answer: five parameters tell. */
export type NotionVerifyFunctionWithParams = (
  accessToken: string,
  refreshToken: string | null,
  params: NotionTokenParams,
  profile: NotionProfile,
  done: NotionVerifyCallback,
) => unknown;

/** As {@link NotionVerifyFunction}, with the request first: for `passReqToCallback`. */
export type NotionVerifyFunctionWithRequest = (
  req: Request,
  accessToken: string,
  refreshToken: string | null,
  profile: NotionProfile,
  done: NotionVerifyCallback,
) => unknown;

/** As {@link NotionVerifyFunctionWithParams}, with the request first: for `passReqToCallback`. */
export type NotionVerifyFunctionWithRequestAndParams = (
  req: Request,
  accessToken: string,
  refreshToken: string | null,
  params: NotionTokenParams,
  profile: NotionProfile,
  done: NotionVerifyCallback,
) => unknown;

/** Any of them. As in passport-oauth2, the number of parameters tells which. */
export type AnyVerifyFunction =
  | NotionVerifyFunction
  | NotionVerifyFunctionWithParams
  | NotionVerifyFunctionWithRequest
  | NotionVerifyFunctionWithRequestAndParams;
