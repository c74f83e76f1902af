import { type Finding, findingsOf } from "../finding.js";
import type { CookieOptions } from "./session-options.js";

const { problem } = findingsOf("session-cookie");

/** Whether browsers send the cookie to the callback (RFC 6265, sections 5.1.3 and 5.1.4). */
export function checkScope({ path, domain }: CookieOptions, redirectUri: URL | undefined): Finding[] {
  if (redirectUri === undefined) return [];
  const findings: Finding[] = [];
  if (typeof path === "string" && !isBelow(redirectUri.pathname, path))
    findings.push(
      problem(
        `The session cookie is for the path \`${path}\`, and the redirect URI is not below it: the callback gets no session.`,
        'Set `cookie: { path: "/" }`, or leave `path` out.',
      ),
    );
  if (typeof domain === "string" && !isWithin(redirectUri.hostname, domain.replace(/^\./, "").toLowerCase()))
    findings.push(
      problem(
        `The session cookie is for the domain \`${domain}\`, and the redirect URI is on ${redirectUri.hostname}: browsers refuse it there.`,
        "Leave `domain` out: the cookie is for the app's own host then.",
      ),
    );
  return findings;
}

function isBelow(pathname: string, path: string): boolean {
  return pathname === path || pathname.startsWith(path.endsWith("/") ? path : `${path}/`);
}

function isWithin(hostname: string, domain: string): boolean {
  return hostname === domain || hostname.endsWith(`.${domain}`);
}
