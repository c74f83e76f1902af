import { randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { controlRefusal, hostRefusal } from "../control/control-guard.js";
import type { Answer } from "../http/answer.js";
import { parseBody } from "../http/parse-body.js";
import { readBody } from "../http/read-body.js";
import { writeAnswer } from "../http/write-answer.js";
import { escapeHtml, htmlPage } from "../html/html-page.js";
import type { NotionEmulator } from "../notion-emulator.js";
import { homePage } from "./home-page.js";

const BODY_LIMIT = 1024;

/** What the page's buttons do. */
const switches: ReadonlyMap<unknown, (emulator: NotionEmulator) => void> = new Map([
  ["up", (emulator: NotionEmulator) => emulator.up()],
  ["reset", (emulator: NotionEmulator) => emulator.down()],
  ["503", (emulator: NotionEmulator) => emulator.down({ status: 503 })],
]);

/** Whether a browser asks for `/`. At Notion there is nothing, and so it is for everything that is no browser. */
export function isForHome({ url = "", headers }: IncomingMessage): boolean {
  return url.split("?", 1)[0] === "/" && headers.accept?.includes("text/html") === true;
}

/** Serves the page about the emulator, and the form on it. */
export async function handleHome(emulator: NotionEmulator, req: IncomingMessage, res: ServerResponse): Promise<void> {
  const answer = await homeAnswer(emulator, req);
  if (answer !== undefined) writeAnswer(res, answer, randomUUID());
}

async function homeAnswer(emulator: NotionEmulator, req: IncomingMessage): Promise<Answer | undefined> {
  const posted = req.method === "POST";
  // Anybody's link may lead here. What changes something has to come from this page.
  const refusal = posted ? controlRefusal(req) : hostRefusal(req);
  if (refusal !== undefined) return problem(403, refusal);
  if (!posted) return homePage(emulator);
  const body = await readBody(req, BODY_LIMIT);
  if (body === "aborted") return undefined;
  const { notion } = parseBody(req.headers["content-type"], body === "too_large" ? Buffer.alloc(0) : body).values;
  const change = switches.get(notion);
  if (change === undefined) return problem(400, "There is no such switch.");
  change(emulator);
  return { status: 303, headers: { location: "/", "cache-control": "no-store" }, body: "" };
}

function problem(status: number, message: string): Answer {
  return htmlPage(status, "Notion emulator", `<h1>Notion emulator</h1>\n<p class="lead">${escapeHtml(message)}</p>`);
}
