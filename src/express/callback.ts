import type { NextFunction, Request, RequestHandler, Response } from "express";
import type { TokenAnswer } from "../api/token-answer.js";
import { bounded } from "../connections/bounded.js";
import { accountOf } from "../connections/connection-record.js";
import type { NotionConnection } from "../connections/notion-connection.js";
import { saveSession } from "../connections/save-session.js";
import { tokensOf } from "../connections/token-pair.js";
import { LoginError, OptionError } from "../errors.js";
import { acceptCallback, reportFailedLogin } from "../lifecycle/accept-callback.js";
import { dropLogin } from "../lifecycle/drop-login.js";
import { exchangeCode } from "../lifecycle/exchange-code.js";
import { stillLive } from "../lifecycle/load-connections.js";
import { moveConnections } from "../lifecycle/move-connections.js";
import { guardTokens, storeConnection } from "../lifecycle/store-connection.js";
import { useUpState } from "../lifecycle/use-up-state.js";
import { attach } from "./attach.js";
import type { Edge } from "./edge.js";
import { endReplaced } from "./end-replaced.js";
import type { SessionNotion } from "./notion-request.js";
import { queryOf } from "./request-facts.js";
import { fail, sendRedirect } from "./respond.js";
import { CONNECTION_LIMIT, hasData, regenerateSession, sessionFacts } from "./session.js";

/** How long `afterCallback` may hold the answer, in ms. */
const HOOK_TIMEOUT = 10_000;

/** What a callback that came twice at once shares with the first. */
interface FinishedLogin {
  readonly id: string;
  readonly connection: NotionConnection;
  /** Id of the session that the login replaced, and what went along from it. */
  readonly from: string | undefined;
  readonly others: readonly string[];
  readonly data: Readonly<Record<string, unknown>>;
}

/** Finishes a login: state, exchange, new session id, connection stored, session saved, redirect. */
export function callbackHandler(edge: Edge): RequestHandler {
  const { core } = edge;
  if (core.options.redirectUri === undefined)
    throw new OptionError("redirectUri", "Option `redirectUri` is required for login and callback.");
  return async function notionCallback(req: Request, res: Response, next: NextFunction) {
    try {
      const notion = await attach(edge, req, res);
      const { state, code, transaction } = acceptCallback(core, req, res, queryOf(req));
      const connection = await logInOnce(edge, req, notion, state, code);
      await runHook(edge, req, res, connection);
      if (!res.headersSent) sendRedirect(res, 303, transaction.returnTo);
    } catch (error) {
      reportFailedLogin(core, error);
      fail(edge, req, res, next, error);
    }
  };
}

/** Browsers send a callback twice (reload, doubled click). Both get an answer, the code is exchanged once. */
async function logInOnce(
  edge: Edge,
  req: Request,
  notion: SessionNotion,
  state: string,
  code: string,
): Promise<NotionConnection> {
  const running = edge.logins.get(state) as Promise<FinishedLogin | undefined> | undefined;
  if (running !== undefined) return join(edge, req, notion, await running);
  const promise = edge.core.underway.follow(logIn(edge, req, notion, state, code));
  edge.logins.set(state, promise);
  try {
    return (await promise).connection;
  } finally {
    edge.logins.delete(state);
  }
}

/**
 * The same browser, a moment later: its own session, the same connection. A browser that doubles a request keeps the last
 * answer's cookie, so this session gets what the first one got.
 */
async function join(
  edge: Edge,
  req: Request,
  notion: SessionNotion,
  first: FinishedLogin | undefined,
): Promise<NotionConnection> {
  const record = first && (await edge.core.connections.get(first.id));
  if (first === undefined || record?.state !== "active") throw new LoginError("invalid_state");
  // Whoever came with another session has no claim to the data of that one.
  const isSame = first.from !== undefined && first.from === notion.givenId;
  const others = isSame ? await stillLive(edge.core, first.others) : [];
  await regenerateSession(req);
  if (isSame) Object.assign(req.session, first.data);
  req.session.notion = [first.id, ...others.map(({ id }) => id)];
  await saveSession(req);
  notion.adopt([{ id: first.id, record }, ...others]);
  return first.connection;
}

async function logIn(
  edge: Edge,
  req: Request,
  notion: SessionNotion,
  state: string,
  code: string,
): Promise<FinishedLogin> {
  const { core } = edge;
  await useUpState(core, state);
  const answer = await exchangeCode(core, code);
  const id = core.randomId(16);
  try {
    // Written ahead: from here on the tokens die by themselves unless a connection holds them.
    await guardTokens(core, tokensOf(answer), id, sessionFacts(core, req).lifetime);
    return { id, ...(await enterSession(edge, req, notion, id, answer)) };
  } catch (error) {
    // express-session saves once more at the end of the response: it must find nothing of this login.
    if (req.session) delete req.session.notion;
    await dropLogin(core, id, answer);
    throw error;
  }
}

/** A new session id for what is known now, with what may be carried over of the old session, and nothing of another account. */
async function enterSession(
  edge: Edge,
  req: Request,
  notion: SessionNotion,
  id: string,
  answer: TokenAnswer,
): Promise<Omit<FinishedLogin, "id">> {
  const { core } = edge;
  const wasEnded = hasData(req.session) && (await core.endedSessions.has(sessionFacts(core, req).hash));
  // A logout that was answered while Notion was asked for the tokens: nothing of that session lives on under another id.
  const before = wasEnded ? [] : notion.live;
  const account = accountOf(answer);
  const isOther = wasEnded || notion.accounts.some((one) => one !== account);
  const data = isOther ? {} : appData(req);
  const kept = isOther
    ? []
    : before.filter(({ record }) => record.botId !== answer.botId).slice(0, CONNECTION_LIMIT - 1);
  const dropped = before.filter((connection) => !kept.includes(connection));

  try {
    // Marked first: whether the store then manages to destroy the old row or not, the old id is out.
    if (hasData(req.session)) await core.endedSessions.add(sessionFacts(core, req));
    await regenerateSession(req);
    const session = sessionFacts(core, req);
    const connection = await storeConnection(core, id, answer, session);
    const moved = await moveConnections(core, kept, session);
    Object.assign(req.session, data);
    const others = moved.map((one) => one.id);
    req.session.notion = [id, ...others];
    await saveSession(req);

    const record = await core.connections.get(id);
    notion.adopt(record?.state === "active" ? [{ id, record }, ...moved] : moved);
    await endReplaced(edge, dropped, answer);
    return { connection, from: notion.givenId, others, data };
  } catch (error) {
    // The old session is out, if only on this process, and no new one took its place: nothing holds its connections any more.
    notion.adopt([]);
    await endReplaced(edge, before, answer);
    throw error;
  }
}

/** What the app itself keeps in the session; ours and express-session's own left out. */
function appData(req: Request): Record<string, unknown> {
  const { cookie, notion, ...data } = req.session;
  return { ...data };
}

async function runHook({ core }: Edge, req: Request, res: Response, connection: NotionConnection): Promise<void> {
  const { afterCallback } = core.options;
  if (afterCallback === undefined) return;
  try {
    await bounded(Promise.resolve(afterCallback(req, res, connection)), HOOK_TIMEOUT);
    if (req.session) await saveSession(req);
  } catch (error) {
    core.logger.error("afterCallback failed", { error: error instanceof Error ? error.name : typeof error });
  }
}
