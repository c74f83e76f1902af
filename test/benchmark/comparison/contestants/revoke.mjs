import { clientId, clientSecret } from "../../contestants/notion.mjs";

/**
 * What a careful app does by hand, with Notion's own client: it revokes both tokens, waits 3 seconds at the most, and ends the
 * session whatever comes of it.
 */
export async function revokeByHand(notionUrl, { accessToken, refreshToken }) {
  const client = await notionClient(notionUrl);
  await Promise.allSettled(
    [accessToken, refreshToken]
      .filter((token) => typeof token === "string")
      .map((token) => client.oauth.revoke({ client_id: clientId, client_secret: clientSecret, token })),
  );
}

export async function notionClient(notionUrl) {
  const { Client, LogLevel } = await import("@notionhq/client");
  return new Client({ baseUrl: notionUrl, timeoutMs: 3000, logLevel: LogLevel.ERROR });
}
