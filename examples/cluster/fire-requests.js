// @ts-check

/**
 * @typedef {object} Run
 * @property {number} requests how many were fired
 * @property {number} served how many of them were answered with 200
 * @property {number} refreshes how many refreshes the emulated Notion counted meanwhile
 * @property {string | undefined} refreshedBy the process that refreshed, when it was one
 * @property {Record<string, number>} processes answers by the process they came from
 * @property {number} milliseconds
 */

/**
 * Lets a session's access token expire, then fires requests that need it, all at once.
 * @param {object} options
 * @param {string} options.origin of the app
 * @param {string} options.notionUrl of the emulated Notion
 * @param {string} options.cookie of a session that is connected
 * @param {number} options.requests
 * @returns {Promise<Run>}
 */
export async function fireRequests({ origin, notionUrl, cookie, requests }) {
  const headers = { cookie, accept: "application/json" };
  const expired = await fetch(`${origin}/expire`, { method: "POST", headers });
  if (!expired.ok) throw new Error(`The access token cannot be expired: the app answers ${expired.status}.`);
  const before = await countRefreshes(notionUrl);
  const start = performance.now();
  const answers = await Promise.all(
    Array.from({ length: requests }, async () => {
      const answer = await fetch(`${origin}/me`, { headers });
      await answer.arrayBuffer();
      return answer;
    }),
  );
  const milliseconds = Math.round(performance.now() - start);
  /** @type {Record<string, number>} */
  const processes = {};
  /** @type {Set<string>} */
  const refreshing = new Set();
  for (const { headers } of answers) {
    const name = headers.get("x-process") ?? "none";
    processes[name] = (processes[name] ?? 0) + 1;
    if (headers.has("x-refreshed")) refreshing.add(name);
  }
  return {
    requests,
    served: answers.filter(({ ok }) => ok).length,
    refreshes: (await countRefreshes(notionUrl)) - before,
    refreshedBy: refreshing.size === 1 ? [...refreshing][0] : undefined,
    processes,
    milliseconds,
  };
}

/**
 * @param {string} notionUrl
 * @param {string} token
 */
export async function letExpire(notionUrl, token) {
  await fetch(`${notionUrl}/__emulator/expire`, { method: "POST", body: JSON.stringify({ token }) });
}

/** @param {string} notionUrl */
async function countRefreshes(notionUrl) {
  const answer = await fetch(`${notionUrl}/__emulator/requests?endpoint=token`);
  const { requests } = /** @type {{ requests: { grantType?: string }[] }} */ (await answer.json());
  return requests.filter(({ grantType }) => grantType === "refresh_token").length;
}
