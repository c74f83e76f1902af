import { type Answer, json } from "../http/answer.js";
import { apiError } from "../http/api-error.js";
import type { Call } from "../http/call.js";
import type { EmulatedNotion } from "../state/emulated-notion.js";
import { type EmulatedPage, pagesOf } from "../state/pages.js";
import { authenticateToken } from "./authenticate-token.js";

/** `POST /v1/search`: https://developers.notion.com/reference/post-search */
export function search(notion: EmulatedNotion, call: Call): Answer {
  const token = authenticateToken(notion, call);
  if ("status" in token) return token;
  if (call.body.type === "invalid") {
    return apiError(call, 400, "invalid_json", "Error parsing JSON body.");
  }
  const { query, filter, sort, start_cursor: cursor, page_size: size = 100 } = call.body.values;
  const invalid = (field: string): Answer =>
    apiError(call, 400, "validation_error", `body failed validation: body.${field} is not valid.`);
  if (query !== undefined && typeof query !== "string") return invalid("query");
  if (typeof size !== "number" || !Number.isInteger(size) || size < 1 || size > 100) return invalid("page_size");

  const text = (query ?? "").toLowerCase();
  const pages = pagesOf(notion.directory.workspace(token.workspaceId), token.userId)
    .filter((page) => field(filter, "value") !== "data_source" && title(page).toLowerCase().includes(text))
    .sort((a, b) => b.last_edited_time.localeCompare(a.last_edited_time));
  if (field(sort, "direction") === "ascending") pages.reverse();

  const start = cursor === undefined || cursor === null ? 0 : pages.findIndex(({ id }) => id === cursor);
  if (start < 0) return invalid("start_cursor");
  const results = pages.slice(start, start + size);
  const next = pages[start + size];
  return json(200, {
    object: "list",
    results,
    next_cursor: next?.id ?? null,
    has_more: next !== undefined,
    type: "page_or_data_source",
    page_or_data_source: {},
    request_id: call.record.requestId,
  });
}

function title(page: EmulatedPage): string {
  return page.properties.title.title[0].plain_text;
}

function field(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}
