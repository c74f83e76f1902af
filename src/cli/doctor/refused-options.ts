import type { Check, Finding } from "./finding.js";
import { findingsOf } from "./finding.js";
import type { SetUp } from "./set-up.js";

/** Which check tells that an option was refused; all others are told by `options`. */
const tellers: Readonly<Record<string, Check>> = {
  clientId: "credentials",
  clientSecret: "credentials",
  secret: "credentials",
  redirectUri: "redirect-uri",
  routes: "redirect-uri",
  basePath: "redirect-uri",
  baseUrl: "base-url",
  agent: "base-url",
  vault: "vault",
  database: "vault",
  client: "vault",
};

/** What was refused of the options that a check is about, in the words of whoever refused it. */
export function refusedIn({ refused }: Pick<SetUp, "refused">, check: Check): Finding[] {
  const { problem } = findingsOf(check);
  return refused
    .filter(({ option }) => (tellers[option.split(".", 1)[0]!] ?? "options") === check)
    .map(({ message }) => problem(message));
}
