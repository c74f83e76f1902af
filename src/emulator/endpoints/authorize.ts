import { decideAuthorization, readAuthorizationRequest } from "../consent/authorization-request.js";
import { consentPage } from "../consent/consent-page.js";
import { problemPage } from "../consent/problem-page.js";
import type { Answer } from "../http/answer.js";
import { apiError } from "../http/api-error.js";
import type { Call } from "../http/call.js";
import type { EmulatedNotion } from "../state/emulated-notion.js";

/** `GET /v1/oauth/authorize` shows the consent page, `POST` is its form: https://developers.notion.com/docs/authorization */
export function authorize(notion: EmulatedNotion, call: Call): Answer {
  const posted = call.record.method === "POST";
  if (posted && !isOwnForm(call)) return problem(call, 403, "This form was sent from another site.");
  const params = posted ? formParams(call) : call.query;
  const request = readAuthorizationRequest(notion, params);
  if (typeof request === "string") return problem(call, 400, request);
  if (!posted) return consentPage(notion, request);
  try {
    const location = decideAuthorization(notion, request, {
      deny: params.get("decision") !== "allow",
      workspace: params.get("workspace") ?? "",
      user: params.get("user") ?? "",
    });
    return { status: 302, headers: { location, "cache-control": "no-store" }, body: "" };
  } catch {
    return problem(call, 400, "There is no such workspace or user.");
  }
}

function formParams(call: Call): URLSearchParams {
  const fields = Object.entries(call.body.values).filter(
    (field): field is [string, string] => typeof field[1] === "string",
  );
  return new URLSearchParams(fields);
}

function isOwnForm({ headers }: Call): boolean {
  return headers.origin === undefined || headers.origin === `http://${headers.host}`;
}

/** A browser gets a page, everything else JSON; nobody is redirected, as with Notion. */
function problem(call: Call, status: number, message: string): Answer {
  if ((call.headers.accept ?? "").includes("text/html")) return problemPage(status, message);
  return apiError(call, status, "validation_error", message);
}
