// @ts-check
import { Client, isFullPage } from "@notionhq/client";

/** @typedef {{ title: string, icon: string | null, url: string, editedAt: string }} NotionPage */

/**
 * The pages the user shared with this app, newest first.
 * @param {import("express-notion-oauth").NotionRequest} notion `req.notion`
 * @param {string | undefined} baseUrl of the emulator; the real Notion when left out
 * @returns {Promise<NotionPage[]>}
 */
export async function listPages(notion, baseUrl) {
  // When Notion answers 401, the tokens are refreshed and the function runs once more.
  const { results } = await notion.withAccessToken((auth) => {
    // Somebody waits for the page: no long time-outs, and no retries behind their back.
    const client = new Client({ auth, timeoutMs: 5000, retry: false, ...(baseUrl && { baseUrl }) });
    return client.search({
      filter: { property: "object", value: "page" },
      sort: { timestamp: "last_edited_time", direction: "descending" },
      page_size: 20,
    });
  });
  return results.filter((result) => isFullPage(result)).map(toPage);
}

/**
 * @param {import("@notionhq/client").PageObjectResponse} page
 * @returns {NotionPage}
 */
function toPage({ properties, icon, url, last_edited_time: editedAt }) {
  const title = Object.values(properties).find((property) => property.type === "title");
  const text = title?.title.map(({ plain_text }) => plain_text).join("") || "Untitled";
  return { title: text, icon: icon?.type === "emoji" ? icon.emoji : null, url, editedAt };
}
