import { LoginError } from "../../errors.js";
import type { ConnectionEntry } from "../../vault/entry.js";
import { tokenHash } from "../../vault/tokens.js";
import type { Core } from "../core.js";
import type { AcceptedCallback } from "./accept-callback.js";
import { parseCallback } from "./callback-parameters.js";
import { LOGIN_LIFETIME } from "../lifetimes.js";

/** What the mark of a used state tells of its login. */
interface UsedState {
  readonly v: 1;
  /** When it was used, in ms since 1970. */
  readonly at: number;
  /** Hash of the code that was exchanged. */
  readonly code: string;
  readonly returnTo: string;
}

/**
 * Uses a state up on every process: the cookie is out of the browser, but whoever kept a copy may send it elsewhere.
 * @throws LoginError `invalid_state` when it was used before; StoreError
 */
export async function useUpState({ vault, now }: Core, { state, code, transaction }: AcceptedCallback): Promise<void> {
  const data: UsedState = { v: 1, at: now(), code: tokenHash(code), returnTo: transaction.returnTo };
  const isNew = await vault.insert({ id: markId(state), state: "mark", dueIn: LOGIN_LIFETIME * 2, keys: [], data });
  if (!isNew) throw new LoginError("invalid_state");
}

/**
 * Where a callback leads on to in spite of its error, because its login is done: after it, the Back button shows Notion's consent page, which can be
 * answered once more. Undefined for a code that was exchanged already, and when this session has nothing of that login or a later one, or nobody can tell.
 * Never rejects.
 */
export async function leadOn(
  core: Core,
  query: URLSearchParams,
  error: unknown,
  live: () => readonly ConnectionEntry[] | Promise<readonly ConnectionEntry[]>,
): Promise<string | undefined> {
  if (!(error instanceof LoginError) || error.code !== "invalid_state") return undefined;
  try {
    return await finishedLogin(core, query, await live());
  } catch {
    return undefined;
  }
}

async function finishedLogin(
  { vault, options }: Core,
  query: URLSearchParams,
  live: readonly ConnectionEntry[],
): Promise<string | undefined> {
  const callback = parseCallback(query, options.baseUrl);
  if (callback.kind === "invalid" || live.length === 0) return undefined;
  const mark = await vault.get(markId(callback.state));
  if (mark?.state !== "mark") return undefined;
  const { at, code, returnTo } = mark.data as UsedState;
  const isDone = live.some(({ data }) => (data.connection?.connectedAt ?? 0) >= at);
  const isReplayed = callback.kind === "code" && tokenHash(callback.code) === code;
  return isDone && !isReplayed ? returnTo : undefined;
}

function markId(state: string): string {
  return `l-${tokenHash(state)}`;
}
