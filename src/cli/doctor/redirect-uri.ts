import { withoutSlash } from "../../options/check-routes.js";
import { isLoopback } from "../../options/check-urls.js";
import type { ResolvedOptions } from "../../options/notion-oauth-options.js";
import { type Finding, findingsOf } from "./finding.js";
import { refusedIn } from "./refused-options.js";
import type { SetUp } from "./set-up.js";

const { ok, warning, problem, skipped } = findingsOf("redirect-uri");

/** Where Notion sends people back to, and what the app serves there. What Notion has registered cannot be seen from here. */
export function checkRedirectUri(setUp: SetUp): Finding[] {
  const refused = refusedIn(setUp, "redirect-uri");
  if (refused.length > 0) return refused;
  const { options, config } = setUp;
  if (options === undefined) return [skipped("The redirect URI is not known: the options cannot be used.")];
  const { redirectUri } = options;
  if (redirectUri === undefined) {
    const how = config === undefined ? "Give --redirect-uri, or NOTION_REDIRECT_URI in the environment." : undefined;
    return [skipped("There is no redirect URI: login and callback are not served.", how)];
  }
  const url = new URL(redirectUri);
  return [
    address(redirectUri, url, setUp.isProduction),
    // Without the app's own options, its routes are not known.
    ...(config === undefined ? [] : [...callback(options, url), routes(options, url)]),
  ];
}

function address(redirectUri: string, url: URL, isProduction: boolean): Finding {
  const slash = withoutSlash(url.pathname) === url.pathname ? "" : " The slash at its end belongs to it.";
  const register = `Notion compares byte by byte: register exactly ${redirectUri} there.${slash}`;
  if (!isLoopback(url.hostname)) return ok(`The redirect URI is ${redirectUri}.`, register);
  const message = `The redirect URI ${redirectUri} leads to the machine that the browser runs on`;
  if (isProduction)
    return problem(
      `${message}, and NODE_ENV is \`production\`.`,
      "Set `redirectUri` to the app's public https address.",
    );
  return ok(`${message}: it serves for development.`, register);
}

/** Whether what the app serves is what Notion sends people to. */
function callback({ routes, basePath = "" }: ResolvedOptions, { pathname }: URL): Finding[] {
  if (routes.callback === false)
    return [
      warning(
        "`routes.callback` is false: the app has to serve the redirect URI itself.",
        "Mount `notion.callback()` or a Passport strategy at its path.",
      ),
    ];
  if (withoutSlash(pathname) === "/")
    return [
      problem(
        "The redirect URI is the start page of the app, which the callback takes over.",
        "Give it a path of its own, here and at Notion.",
      ),
    ];
  const mount = mountOf(routes.callback, pathname);
  if (mount === basePath) return [];
  if (basePath === "")
    return [
      warning(
        `The callback's route is \`${routes.callback}\`: for the redirect URI to be served, the middleware has to be mounted at \`${mount}\`.`,
        `Mount it with \`app.use("${mount}", notion.middleware())\`, or set \`basePath\` where a proxy strips that.`,
      ),
    ];
  return [
    warning(
      `\`basePath\` is \`${basePath}\`, but ${mount === "" ? "the redirect URI does not begin with it" : `the callback's route leaves \`${mount}\` of the redirect URI`}.`,
      "Change one of them, so that the base path and the callback's route make the path of the redirect URI.",
    ),
  ];
}

/** What has to stand before the route for it to be the path of the redirect URI. */
function mountOf(route: string, pathname: string): string {
  return withoutSlash(pathname).slice(0, -withoutSlash(route).length);
}

function routes({ routes, basePath }: ResolvedOptions, { origin, pathname }: URL): Finding {
  const before = basePath ?? (routes.callback === false ? "" : mountOf(routes.callback, pathname));
  const served = [
    ["GET", routes.login],
    ["GET", routes.callback],
    ["GET and POST", routes.logout],
    ["POST", routes.disconnect],
  ] as const;
  const list = served.flatMap(([methods, path]) => (path === false ? [] : [`${methods} ${before}${path}`]));
  if (list.length === 0)
    return warning("No route is served: all of them are false.", "Mount single handlers, such as `notion.login()`.");
  return ok(`\`notion.middleware()\` serves, on ${origin}: ${list.join(", ")}.`);
}
