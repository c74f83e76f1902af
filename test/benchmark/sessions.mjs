import { randomBytes } from "node:crypto";
import { send } from "./load.mjs";

/** Logs `count` browsers in: each with a session, a cookie and a token of its own. With `pair`, a refresh token too. */
export async function makeSessions(origin, count, { pair = false } = {}) {
  const tokens = Array.from({ length: count }, makeToken);
  const refreshTokens = pair ? Array.from({ length: count }, makeToken) : [];
  const { answers } = await send({
    origin,
    concurrency: 16,
    requests: tokens.map((token, index) => ({
      path: `/setup?token=${token}${pair ? `&refresh=${refreshTokens[index]}` : ""}`,
      method: "POST",
    })),
  });
  if (!answers.every(({ status, cookie }) => status === 200 && cookie !== undefined))
    throw new Error("The sessions could not be made.");
  return { cookies: answers.map(({ cookie }) => cookie), tokens: [...tokens, ...refreshTokens] };
}

/** As long as Notion's own. */
function makeToken() {
  return `ntn_${randomBytes(23).toString("hex")}`;
}

export function logouts(cookies) {
  return cookies.map((cookie) => ({ path: "/logout", method: "POST", cookie }));
}

/** What browsers come back from Notion with, after `GET /login` was answered so. */
export function callbacks(answers) {
  return answers.map(({ cookie, location }, index) => {
    const state = new URL(location).searchParams.get("state");
    return { path: `/auth/notion/callback?${new URLSearchParams({ code: `code-${index}`, state })}`, cookie };
  });
}
