import type { NextFunction, Request, RequestHandler, Response } from "express";
import { parseTokenAnswer, type TokenAnswer, toNotionNames } from "../api/token-answer.js";
import { OptionError } from "../errors.js";
import { abandon } from "../lifecycle/login/abandon.js";
import { writeArrival } from "../lifecycle/login/receive-tokens.js";
import type { ConnectingUser } from "../lifecycle/users/user-marks.js";
import type { ConnectionEntry } from "../vault/entry.js";
import { attach } from "./attach.js";
import type { Edge } from "./edge.js";
import { takeFreshLogin } from "./fresh-login.js";
import { fail } from "./http/fail.js";
import { stateOf } from "./notion-request.js";
import { adopt, type NotionState } from "./notion-state.js";
import { requireConnecting } from "./request-user.js";
import { enterSession } from "./session/enter-session.js";
import { appData, CONNECTION_LIMIT, connectionIds, endingSession, snapshot } from "./session/request-session.js";
import { followLifetime } from "./session/follow-lifetime.js";
import { type EnteredSession, SharedLogin } from "./session/shared-login.js";

/** A connection made elsewhere: Notion's token answer as it came (`access_token`, `bot_id`...), or as `client.exchangeCode()` returns it. */
export type RememberedTokens = TokenAnswer | Readonly<Record<string, unknown>>;

/** Where `remember()` finds a connection in a request; it brings undefined when this request brought none. */
export type RememberSource = (
  req: Request,
) => RememberedTokens | null | undefined | Promise<RememberedTokens | null | undefined>;

/** Saves a connection that was made elsewhere in a new session, with what is in this request's session. Tokens that cannot be saved are revoked. */
export function rememberHandler(edge: Edge, source?: RememberSource): RequestHandler {
  if (source !== undefined && typeof source !== "function")
    throw new OptionError("tokens", "remember() takes a function of the request.");
  edge.remembers = true;
  return async function notionRemember(req: Request, res: Response, next: NextFunction) {
    try {
      await remember(edge, req, res, source);
    } catch (error) {
      return fail(edge, req, res, next, error);
    }
    next();
  };
}

async function remember(edge: Edge, req: Request, res: Response, source: RememberSource | undefined): Promise<void> {
  const { core } = edge;
  const login = takeFreshLogin(req, core.options.clientId);
  const answer = login?.answer ?? toAnswer(source === undefined ? undefined : await source(req));
  if (answer === undefined) return;
  try {
    const arrival = login?.arrival ?? (await writeArrival(core, answer));
    const [notion, user] = await orAbandon(edge, arrival, async () => [
      stateOf(await attach(edge, req, res)),
      await requireConnecting(edge, req),
    ]);
    // Passport may have logged somebody in since. Where it has not, all counts that has ended since the login came back.
    const since = login?.user?.id === user?.id ? login?.user : user;
    const shared = login?.login ?? new SharedLogin(core);
    adopt(
      notion,
      await shared.run(req, res, endingSession(edge, req, snapshot(req)), () => enter(notion, arrival, since ?? user)),
    );
    if (user === undefined) followLifetime(notion);
  } catch (error) {
    // What is answered with an error is no login.
    login?.undo?.();
    throw error;
  }
}

async function orAbandon<T>(edge: Edge, arrival: ConnectionEntry, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    abandon(edge.core, arrival);
    throw error;
  }
}

/** What this session refers to goes along, but for the same bot. Whoever planted the old id (session fixation) has nothing of the new one. */
function enter(
  { edge, req, live }: NotionState,
  arrival: ConnectionEntry,
  user: ConnectingUser | undefined,
): Promise<EnteredSession> {
  const here = connectionIds(edge, req.session);
  const isKept = ({ id, data }: ConnectionEntry) =>
    here.includes(id) && data.connection?.botId !== arrival.data.connection?.botId;
  return enterSession(edge, req, {
    from: endingSession(edge, req, snapshot(req)),
    user,
    kept: user === undefined ? live.filter(isKept).slice(0, CONNECTION_LIMIT - 1) : [],
    arrival,
    data: appData(edge, req.session),
  });
}

function toAnswer(given: RememberedTokens | null | undefined): TokenAnswer | undefined {
  if (given === undefined || given === null) return undefined;
  const raw =
    "accessToken" in given ? toNotionNames(given as TokenAnswer) : (given as Readonly<Record<string, unknown>>);
  const answer = parseTokenAnswer({ token_type: "bearer", ...raw });
  if (answer !== undefined) return answer;
  throw new OptionError(
    "tokens",
    "remember() needs Notion's token answer: `access_token`, `bot_id`, `workspace_id` and `owner` at least.",
  );
}
