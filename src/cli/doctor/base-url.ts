import { isLoopback } from "../../options/check-urls.js";
import { type Finding, findingsOf } from "./finding.js";
import { refusedIn } from "./refused-options.js";
import type { SetUp } from "./set-up.js";

const { ok, warning, problem, skipped } = findingsOf("base-url");

const NOTION = "https://api.notion.com";

/** Where the calls go, with the client secret and all tokens. */
export function checkBaseUrl(setUp: SetUp): Finding[] {
  const refused = refusedIn(setUp, "base-url");
  if (refused.length > 0) return refused;
  const { options, isProduction } = setUp;
  if (options === undefined) return [skipped("The base URL is not known: the options cannot be used.")];
  const { baseUrl } = options;
  if (baseUrl === NOTION) return [ok(`Calls go to Notion, ${NOTION}.`)];
  const advice = `Leave \`baseUrl\` out: the default is ${NOTION}.`;
  if (!isLoopback(new URL(baseUrl).hostname))
    return [warning(`Calls go to ${baseUrl} and not to Notion: it gets the client secret and all tokens.`, advice)];
  const message = `Calls go to ${baseUrl} on this machine, and not to Notion.`;
  return [isProduction ? problem(message, advice) : warning(message, `${advice} An emulator is for development.`)];
}
