// @ts-check
import { Client, isFullPage } from "@notionhq/client";
import { ConnectionError } from "express-notion-oauth";

/** @typedef {{ title: string, url: string, editedAt: string }} NotionPage */

/** Notion did not bring the pages, for whatever reason. */
export class PagesUnavailable extends Error {
  /** Read by the error handler, as that of express-notion-oauth's own errors. */
  status = 503;
}

/**
 * The pages the user shared with this app, newest first.
 * @param {import("express-notion-oauth").NotionRequest} notion `req.notion`
 * @param {string | undefined} baseUrl of the emulator; the real Notion when left out
 * @returns {Promise<NotionPage[]>}
 * @throws {PagesUnavailable | import("express-notion-oauth").ConnectionError}
 */
export async function listPages(notion, baseUrl) {
  // When Notion answers 401, the tokens are refreshed and the function runs once more.
  const found = notion.withAccessToken((auth) => {
    // Somebody waits for the page: no long time-outs, and no retries behind their back.
    const client = new Client({ auth, timeoutMs: 5000, retry: false, ...(baseUrl && { baseUrl }) });
    return client.search({
      filter: { property: "object", value: "page" },
      sort: { timestamp: "last_edited_time", direction: "descending" },
      page_size: 20,
    });
  });
  const { results } = await found.catch((cause) => {
    throw cause instanceof ConnectionError ? cause : new PagesUnavailable("Notion did not bring the pages.", { cause });
  });
  return results.filter((result) => isFullPage(result)).map(toPage);
}

/**
 * @param {import("@notionhq/client").PageObjectResponse} page
 * @returns {NotionPage}
 */
function toPage({ properties, url, last_edited_time: editedAt }) {
  const title = Object.values(properties).find((property) => property.type === "title");
  const text = title?.title.map(({ plain_text }) => plain_text).join("") || "Untitled";
  return { title: text, url, editedAt };
}
