import { allowsRedirectUri, type EmulatedClient } from "../state/clients.js";
import type { EmulatedNotion } from "../state/emulated-notion.js";
import type { Grant } from "../state/token-ledger.js";

/** An authorize URL that Notion would show a consent page for. */
export interface AuthorizationRequest {
  readonly client: EmulatedClient;
  /** Where the browser goes back to. */
  readonly target: string;
  /** As sent; `undefined` when it was left out. */
  readonly redirectUri: string | undefined;
  readonly state: string | undefined;
}

/** What the person decided on the consent page. */
export interface AuthorizationDecision {
  /** Id or name; the first workspace when left out. */
  readonly workspace?: string;
  /** Id, email or name; the first user when left out. */
  readonly user?: string;
  readonly deny?: boolean;
}

/**
 * Checks the parameters of the authorize page. Returns a sentence when something is wrong: such a request never goes
 * back to the app. Parameters Notion does not know (PKCE's, `scope`) are ignored.
 */
export function readAuthorizationRequest(
  notion: EmulatedNotion,
  query: URLSearchParams,
): AuthorizationRequest | string {
  const client = notion.clients.find(query.get("client_id") ?? "");
  if (client === undefined) return "Missing or unknown client_id.";
  const redirectUri = query.get("redirect_uri") ?? undefined;
  const target = redirectUri ?? (client.redirectUris?.length === 1 ? client.redirectUris[0] : undefined);
  if (target === undefined || !allowsRedirectUri(client, target)) return "Missing or invalid redirect_uri.";
  if (query.get("response_type") !== "code") return "Missing or invalid response_type.";
  if (query.get("owner") !== "user") return "Missing or invalid owner.";
  return { client, target, redirectUri, state: query.get("state") ?? undefined };
}

/** Carries out the decision and returns the URL the browser is sent to. */
export function decideAuthorization(
  notion: EmulatedNotion,
  request: AuthorizationRequest,
  decision: AuthorizationDecision,
): string {
  const back = new URL(request.target);
  if (decision.deny === true) {
    back.searchParams.set("error", "access_denied");
    const state = notion.behaviour.denialState === "empty" ? "" : request.state;
    if (state !== undefined) back.searchParams.set("state", state);
    return back.href;
  }
  const grant = grantFor(notion, request.client.clientId, decision);
  back.searchParams.set("code", notion.codes.issue(grant, request.redirectUri, notion.now()));
  if (request.state !== undefined) back.searchParams.set("state", request.state);
  return back.href;
}

/** The grant of a person and a workspace to a client. */
export function grantFor(notion: EmulatedNotion, clientId: string, choice: AuthorizationDecision): Grant {
  const workspaceId = notion.directory.workspace(choice.workspace).id;
  const userId = notion.directory.user(choice.user).id;
  return { clientId, workspaceId, userId, botId: notion.tokens.botId(clientId, workspaceId, userId) };
}
