import type { IncomingMessage, ServerResponse } from "node:http";
import { type Answer, json } from "../http/answer.js";
import { parseBody } from "../http/parse-body.js";
import { readBody } from "../http/read-body.js";
import type { NotionEmulator } from "../notion-emulator.js";
import { controlRefusal } from "./control-guard.js";
import { controlRoutes } from "./control-routes.js";

/** Where the control API is. */
export const CONTROL_PREFIX = "/__emulator/";

const BODY_LIMIT = 16 * 1024 * 1024;

/** Serves one request of the control API. */
export async function handleControl(
  emulator: NotionEmulator,
  req: IncomingMessage,
  res: ServerResponse,
): Promise<void> {
  const answer = await controlAnswer(emulator, req);
  if (answer === undefined) return;
  res.writeHead(answer.status, {
    "content-type": "application/json; charset=utf-8",
    "content-length": Buffer.byteLength(answer.body),
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
  });
  res.end(answer.body);
}

async function controlAnswer(emulator: NotionEmulator, req: IncomingMessage): Promise<Answer | undefined> {
  const refusal = controlRefusal(req);
  if (refusal !== undefined) return json(403, { error: refusal });
  const { pathname, searchParams } = new URL(req.url ?? "/", "http://emulator.invalid");
  const route = controlRoutes.get(`${req.method} ${pathname.slice(CONTROL_PREFIX.length)}`);
  if (route === undefined) {
    return json(404, { error: "There is no such control request.", known: [...controlRoutes.keys()] });
  }
  const body = await readBody(req, BODY_LIMIT);
  if (body === "aborted") return undefined;
  if (body === "too_large") return json(413, { error: "The request body is too large." });
  const parsed = parseBody("application/json", body);
  if (parsed.type === "invalid") return json(400, { error: "The request body must be a JSON object." });
  try {
    return json(200, await route(emulator, { query: searchParams, fields: parsed.values }));
  } catch (error) {
    // Only wrong options throw, and their messages name what was sent.
    return json(400, { error: error instanceof Error ? error.message : "The request was refused." });
  }
}
