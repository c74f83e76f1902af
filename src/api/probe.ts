import { randomBytes } from "node:crypto";
import { NotionApiError } from "../errors.js";
import type { ResolvedOptions } from "../options/notion-oauth-options.js";
import { authorizationOf } from "./authorization.js";
import { introspectToken } from "./introspect-token.js";
import { createTransport, type Transport } from "./request.js";

/** How far Notion's clock is ahead of ours, in ms; negative when it is behind. It is one of the values between the two. */
export interface ClockDistance {
  readonly least: number;
  readonly most: number;
}

/** What came of asking Notion about a token that never existed. Only whoever has the right credentials is told that it is not active. */
export interface Probe {
  /** What it says of the token; undefined where it gave no clear answer. */
  readonly isActive: boolean | undefined;
  readonly error: NotionApiError | undefined;
  /** By the answer's date; undefined where none came. */
  readonly clock: ClockDistance | undefined;
}

type ProbeOptions = Pick<
  ResolvedOptions,
  "clientId" | "clientSecret" | "baseUrl" | "notionVersion" | "timeout" | "agent"
>;

/** Asks Notion about a made-up token: with no effect there, whatever the answer. Rejects with nothing but a programmer's mistake. */
export async function probe(options: ProbeOptions, now: () => number): Promise<Probe> {
  const transport = createTransport(options);
  let clock: ClockDistance | undefined;
  const watched = async (...[request]: Parameters<Transport>) => {
    const before = now();
    const answer = await transport(request);
    clock = clockDistance(answer.headers.date, before, now());
    return answer;
  };
  const token = `made-up-by-express-notion-oauth-doctor-${randomBytes(18).toString("base64url")}`;
  try {
    const authorization = authorizationOf(options);
    const context = { ...options, authorization, transport: Object.assign(watched, { close: transport.close }), now };
    const { active } = await introspectToken(context, token);
    return { isActive: active, error: undefined, clock };
  } catch (error) {
    if (!(error instanceof NotionApiError)) throw error;
    return { isActive: undefined, error, clock };
  } finally {
    transport.close();
  }
}

/** A date counts whole seconds (RFC 9110, section 5.6.7), and was written at some time between the request and the end of the answer. */
function clockDistance(date: string | undefined, before: number, after: number): ClockDistance | undefined {
  const written = Date.parse(date ?? "");
  return Number.isNaN(written) ? undefined : { least: written - after, most: written + 1000 - before };
}
