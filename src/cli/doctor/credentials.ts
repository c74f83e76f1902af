import type { Probe } from "../../api/probe.js";
import type { NotionApiError } from "../../errors.js";
import { isLoopback } from "../../options/check-urls.js";
import type { ResolvedOptions } from "../../options/notion-oauth-options.js";
import { duration } from "../vault/text.js";
import { type Finding, findingsOf } from "./finding.js";
import { refusedIn } from "./refused-options.js";
import type { SetUp } from "./set-up.js";
import { inWords } from "./system-codes.js";

const { ok, warning, problem, skipped } = findingsOf("credentials");

/** Whether Notion knows the app by its client id and secret, and can be reached at all. */
export async function checkCredentials(setUp: SetUp, answer: Promise<Probe | undefined>): Promise<Finding[]> {
  const refused = refusedIn(setUp, "credentials");
  const { options } = setUp;
  const given = await answer;
  if (given === undefined || options === undefined)
    return [...refused, skipped("Notion was not asked: there is nothing that it could be asked with.")];
  if (given.error !== undefined) return [...refused, failure(given.error, options, setUp)];
  if (given.isActive === true)
    return [
      problem(
        `What answers at ${placeOf(options)} calls a made-up token active: it is not Notion.`,
        "Look at `baseUrl`, and at what stands between the app and Notion.",
      ),
    ];
  return [...refused, ok("Notion accepts the client id and secret: it says that a made-up token is not active.")];
}

function failure(error: NotionApiError, options: ResolvedOptions, setUp: SetUp): Finding {
  const place = placeOf(options);
  const status = error.upstreamStatus === undefined ? "" : ` (status ${error.upstreamStatus})`;
  switch (error.code) {
    case "invalid_client":
      return problem(
        `Notion does not accept the client id and secret${status}.`,
        `Copy both anew from the page of your connection at https://app.notion.com/developers/connections (integrations, at notion.so/my-integrations, by their older name) into ${sourceOf(setUp)}.`,
      );
    case "client_secret_unavailable":
      return problem(
        "The function `clientSecret` failed, or did not bring a string.",
        "Run it by itself, where the app runs: it has to resolve with the secret.",
      );
    case "notion_rate_limited":
      return warning(
        `Notion limits the rate of requests at the moment${status}: the credentials were not checked.`,
        `Run this again${error.retryAfter === undefined ? " later" : ` in ${duration(error.retryAfter)}`}.`,
      );
    case "notion_unavailable":
      return problem(
        `What answers at ${place} cannot serve the request at the moment${status}: the credentials were not checked.`,
        "Look at Notion's status page, and at a proxy in between; run this again later.",
      );
    case "notion_timeout":
      return problem(
        `There was no answer from ${place} within ${options.timeout} ms${error.sent ? "" : ": no connection came about"}.`,
        network(setUp, options),
      );
    case "notion_unreachable":
      return problem(`Notion could not be reached at ${place}: ${inWords(error.cause)}.`, network(setUp, options));
    default:
      return problem(
        `What answers at ${place} does not answer as Notion does${status}.`,
        "Look at `baseUrl`, and at a proxy or firewall in between.",
      );
  }
}

/** The host and port that were looked for. */
function placeOf({ baseUrl }: ResolvedOptions): string {
  const { hostname, port, protocol } = new URL(baseUrl);
  return `${hostname}, port ${port || (protocol === "https:" ? 443 : 80)}`;
}

function sourceOf({ config }: SetUp): string {
  return config === undefined ? "NOTION_CLIENT_ID and NOTION_CLIENT_SECRET" : "`clientId` and `clientSecret`";
}

const PROXIES = ["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"];

function network({ env, config }: SetUp, options: ResolvedOptions): string {
  if (options.agent !== undefined) return "Look at the option `agent`, which calls go through, and at firewalls.";
  if (isLoopback(new URL(options.baseUrl).hostname))
    return `Start on this machine what should answer there, or correct ${config === undefined ? "--base-url" : "`baseUrl`"}.`;
  const proxy = PROXIES.find((name) => (env[name] ?? "") !== "");
  if (proxy !== undefined)
    return `The environment names a proxy (${proxy}), and calls go straight to Notion: pass an \`agent\` of that proxy in the options.`;
  return "Look at name servers and firewalls: this machine needs https to that host.";
}
