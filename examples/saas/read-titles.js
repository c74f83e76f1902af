// @ts-check
import { isFullPage } from "@notionhq/client";

/**
 * The pages that a connection reaches, the newest first. For more than these, go on with `start_cursor`.
 * @param {import("@notionhq/client").Client} client of `connection.client()` in the worker, of `req.notion.client()` in a request
 * @returns {Promise<string[]>}
 */
export async function readTitles(client) {
  const { results } = await client.search({
    filter: { property: "object", value: "page" },
    sort: { timestamp: "last_edited_time", direction: "descending" },
    page_size: 50,
  });
  return results.filter((result) => isFullPage(result)).map(toTitle);
}

/** @param {import("@notionhq/client").PageObjectResponse} page */
function toTitle({ properties }) {
  const property = Object.values(properties).find(({ type }) => type === "title");
  const text = property?.type === "title" ? property.title.map(({ plain_text }) => plain_text).join("") : "";
  return text || "Untitled";
}
