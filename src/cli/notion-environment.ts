import type { OptionError } from "../errors.js";
import type { Environment } from "./command.js";

/** Secrets come from the environment only: process lists show command lines. */
export interface SecretOptions {
  readonly clientSecret: string;
  /** The option `secret`, when the app sets it. */
  readonly secret?: readonly string[];
}

export function secretsIn({ NOTION_CLIENT_SECRET = "", NOTION_OAUTH_SECRET }: Environment): SecretOptions {
  const secret = NOTION_OAUTH_SECRET?.split(/\r?\n/).filter((line) => line.trim() !== "") ?? [];
  return { clientSecret: NOTION_CLIENT_SECRET, ...(secret.length > 0 && { secret }) };
}

/** What is wrong with an option, by the name that it has here. */
export function explainOption({ option, message }: OptionError): string {
  return `${NAMES[option] ?? option}: ${message}`;
}

const NAMES: Readonly<Record<string, string>> = {
  clientId: "NOTION_CLIENT_ID",
  clientSecret: "NOTION_CLIENT_SECRET",
  secret: "NOTION_OAUTH_SECRET",
  redirectUri: "NOTION_REDIRECT_URI",
  baseUrl: "--base-url",
};
