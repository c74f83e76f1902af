import { optionError } from "./option-error.js";

/**
 * What Notion's documentation leaves open, one switch each. The defaults are what an app most likely meets;
 * an app that holds under every combination holds whatever Notion does.
 */
export interface Behaviour {
  /** Shape of errors of the OAuth endpoints: `{error, error_description?}` or the one of Notion's published OpenAPI pages. */
  readonly errorBody: "rfc" | "openapi";
  /** What revoking an unknown or already dead token answers. */
  readonly revokeUnknown: 200 | 400;
  /** Whether the revoke endpoint takes refresh tokens (200) or refuses them (400, and they live on). */
  readonly revokeRefreshToken: 200 | 400;
  /** Revoking an access token ends the refresh token issued with it. */
  readonly revokeKillsRefreshToken: boolean;
  /** Revoking a refresh token ends the access token issued with it. */
  readonly revokeRefreshKillsAccessToken: boolean;
  /** A refresh ends the access token issued with the refresh token it used. */
  readonly refreshKillsAccessToken: boolean;
  /** What the second use of a refresh token does: refused only, or every token of its family dies as well. */
  readonly refreshReplay: "invalid_grant" | "kill_family";
  /** What authorizing again yields while the connection lives. */
  readonly reauthorize: "new_pair" | "same_token";
  /** Whether token answers carry a refresh token, `null`, or no such field. Without one, a refresh keeps the old one valid. */
  readonly refreshToken: "string" | "null" | "absent";
  /** Whether the OAuth endpoints insist on `Notion-Version` (the REST endpoints always do). */
  readonly oauthVersionHeader: "optional" | "required";
  /** Body formats the OAuth endpoints read. */
  readonly bodies: "json_and_form" | "json";
  /** Lifetime of an authorization code in ms. */
  readonly codeLifetime: number;
  /** Whether a denial brings `state` back or an empty `state=`, as an example of Notion's documentation shows. */
  readonly denialState: "echo" | "empty";
  /** Unit of `iat` in introspection answers. */
  readonly iat: "milliseconds" | "seconds";
  /** Shape of `owner` in token answers and in `users/me`. */
  readonly owner: "user" | "partial_user" | "workspace" | "untyped";
  /** REST requests per minute and token before 429, or `null` for no limit. */
  readonly rateLimit: number | null;
  /** Revocations per second and client before 429, or `null` for no limit. */
  readonly revokeRateLimit: number | null;
}

type Rule = readonly (string | number | boolean)[] | "duration" | "limit";

const RULES: { readonly [Key in keyof Behaviour]: Rule } = {
  errorBody: ["rfc", "openapi"],
  revokeUnknown: [200, 400],
  revokeRefreshToken: [200, 400],
  revokeKillsRefreshToken: [true, false],
  revokeRefreshKillsAccessToken: [false, true],
  refreshKillsAccessToken: [true, false],
  refreshReplay: ["invalid_grant", "kill_family"],
  reauthorize: ["new_pair", "same_token"],
  refreshToken: ["string", "null", "absent"],
  oauthVersionHeader: ["optional", "required"],
  bodies: ["json_and_form", "json"],
  codeLifetime: "duration",
  denialState: ["echo", "empty"],
  iat: ["milliseconds", "seconds"],
  owner: ["user", "partial_user", "workspace", "untyped"],
  rateLimit: "limit",
  revokeRateLimit: "limit",
};

/** The behaviour of an emulator that was given no switches. */
export const defaultBehaviour: Behaviour = Object.freeze({
  errorBody: "rfc",
  revokeUnknown: 200,
  revokeRefreshToken: 200,
  revokeKillsRefreshToken: true,
  revokeRefreshKillsAccessToken: false,
  refreshKillsAccessToken: true,
  refreshReplay: "invalid_grant",
  reauthorize: "new_pair",
  refreshToken: "string",
  oauthVersionHeader: "optional",
  bodies: "json_and_form",
  codeLifetime: 600_000,
  denialState: "echo",
  iat: "milliseconds",
  owner: "user",
  rateLimit: null,
  revokeRateLimit: null,
});

/**
 * Returns `base` with `changes` applied.
 * @throws TypeError `ERR_EMULATOR_OPTION` naming the first unknown switch or wrong value; nothing is applied then.
 */
export function changeBehaviour(base: Behaviour, changes: Partial<Behaviour>): Behaviour {
  const next: Record<string, unknown> = { ...base };
  for (const [name, value] of Object.entries(changes)) {
    if (value === undefined) continue;
    if (!Object.hasOwn(RULES, name)) {
      throw optionError(`behaviour.${name}`, `is no switch; there are ${Object.keys(RULES).join(", ")}`);
    }
    const problem = check(RULES[name as keyof Behaviour], value);
    if (problem !== undefined) throw optionError(`behaviour.${name}`, problem);
    next[name] = value;
  }
  return Object.freeze(next) as unknown as Behaviour;
}

/**
 * Reads `name=value` as typed on a command line.
 * @throws TypeError `ERR_EMULATOR_OPTION`
 */
export function parseBehaviour(text: string): Partial<Behaviour> {
  const at = text.indexOf("=");
  if (at < 1) throw optionError("behaviour", `${JSON.stringify(text)} is not of the form name=value`);
  const name = text.slice(0, at);
  const word = text.slice(at + 1);
  const choices: Rule | undefined = Object.hasOwn(RULES, name) ? RULES[name as keyof Behaviour] : undefined;
  const choice = Array.isArray(choices) ? choices.find((candidate) => String(candidate) === word) : undefined;
  const value = choice ?? (word === "off" || word === "null" ? null : word.trim() === "" ? word : Number(word));
  const changes = { [name]: typeof value === "number" && Number.isNaN(value) ? word : value } as Partial<Behaviour>;
  changeBehaviour(defaultBehaviour, changes);
  return changes;
}

function check(rule: Rule, value: unknown): string | undefined {
  if (rule === "duration") {
    return typeof value === "number" && value >= 0 ? undefined : "must be a number of milliseconds, 0 or more";
  }
  if (rule === "limit") {
    return value === null || (typeof value === "number" && value > 0) ? undefined : "must be a number above 0, or null";
  }
  return rule.includes(value as string) ? undefined : `must be one of ${rule.join(", ")}`;
}
