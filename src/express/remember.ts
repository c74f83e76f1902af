import type { NextFunction, Request, RequestHandler, Response } from "express";
import { parseTokenAnswer, type TokenAnswer, toNotionNames } from "../api/token-answer.js";
import { saveSession } from "../connections/save-session.js";
import { tokensOf } from "../connections/token-pair.js";
import { ConnectionError, OptionError } from "../errors.js";
import { dropLogin } from "../lifecycle/drop-login.js";
import { type FreshLogin, takeFreshLogin } from "../lifecycle/fresh-login.js";
import type { LoadedConnection } from "../lifecycle/load-connections.js";
import { guardTokens, storeConnection } from "../lifecycle/store-connection.js";
import { attach } from "./attach.js";
import type { Edge } from "./edge.js";
import { endReplaced } from "./end-replaced.js";
import { renewSession } from "./renew-session.js";
import { fail } from "./respond.js";
import { connectionIds, CONNECTION_LIMIT, hasPassportLogin, sessionFacts } from "./session.js";

/** A connection made elsewhere: Notion's token answer as it came (`access_token`, `bot_id`...), or as `client.exchangeCode()` returns it. */
export type RememberedTokens = TokenAnswer | Readonly<Record<string, unknown>>;

/** Where to find it in a request; undefined when this request brought none. */
export type RememberSource = (
  req: Request,
) => RememberedTokens | null | undefined | Promise<RememberedTokens | null | undefined>;

/** Stores a connection that was made elsewhere in this request's session. Tokens that cannot be stored are revoked. */
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
  const login = takeFreshLogin(req, core.options.clientId) ?? (await madeElsewhere(edge, req, source));
  if (login === undefined) return;
  const { id, answer } = login;
  /** What no session refers to when this fails. */
  let left: readonly LoadedConnection[] = [];
  try {
    const notion = await attach(edge, req, res);
    const watch = () => guardTokens(core, tokensOf(answer), id, sessionFacts(core, req).lifetime);
    await watch();
    if (login.release !== undefined) {
      await login.release();
      // The queue of a strategy on its own may be ours: then that was our guard.
      await watch();
    }
    // What this session still refers to goes on; the same bot again, and what Passport's new session left behind, ends.
    const here = connectionIds(req.session);
    const before = notion.live.filter((one) => one.id !== id);
    const stays = before
      .filter((one) => here.includes(one.id) && one.record.botId !== answer.botId)
      .slice(0, CONNECTION_LIMIT - 1);
    const replaced = before.filter((one) => !stays.includes(one));
    const leave = () => {
      left = before;
    };
    const kept = hasPassportLogin(req) ? stays : await renewSession(edge, req, id, stays, leave);
    if (left.length > 0) left = [...kept, ...replaced];
    const session = sessionFacts(core, req);
    // A callback that came twice at once has two sessions and one connection.
    const stored = await core.connections.get(id);
    if (stored?.state !== "active") await storeConnection(core, id, answer, session);
    req.session.notion = [id, ...kept.map((one) => one.id)];
    await saveSession(req);
    // A logout on any process marks the session before it answers: what is stored after that would outlive it.
    if (await core.endedSessions.has(session.hash)) throw new ConnectionError("not_connected");
    const record = await core.connections.get(id);
    notion.adopt(record?.state === "active" ? [{ id, record }, ...kept] : kept);
    await endReplaced(edge, replaced, answer);
  } catch (error) {
    if (req.session) req.session.notion = connectionIds(req.session).filter((one) => one !== id);
    // What is answered with an error is no login.
    login.undo?.();
    await login.drop();
    await endReplaced(edge, left, answer);
    throw error;
  }
}

async function madeElsewhere(
  { core }: Edge,
  req: Request,
  source: RememberSource | undefined,
): Promise<Omit<FreshLogin, "clientId"> | undefined> {
  const answer = toAnswer(source === undefined ? undefined : await source(req));
  if (answer === undefined) return undefined;
  const id = core.randomId(16);
  return { id, answer, drop: () => dropLogin(core, id, answer) };
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
