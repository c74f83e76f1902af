import type { NotionEmulator } from "../../../src/emulator/index.js";

export const redirectUri = "http://localhost:3000/auth/notion/callback";
export const basic = `Basic ${btoa("emulated-client:emulated-secret")}`;

export interface JsonAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Record<string, unknown>;
}

export async function readJson(response: Response): Promise<JsonAnswer> {
  const body = (await response.json()) as Record<string, unknown>;
  return { status: response.status, headers: response.headers, body };
}

/** Posts JSON to an OAuth endpoint with the default client's credentials; headers may be changed or removed. */
export async function post(
  emulator: NotionEmulator,
  endpoint: "token" | "revoke" | "introspect",
  body: unknown,
  headers: Record<string, string | undefined> = {},
): Promise<JsonAnswer> {
  const merged = { authorization: basic, "content-type": "application/json", ...headers };
  const sent = Object.entries(merged).filter((entry): entry is [string, string] => entry[1] !== undefined);
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return readJson(await fetch(`${emulator.url}/v1/oauth/${endpoint}`, { method: "POST", headers: sent, body: text }));
}

export function authorizeUrl(emulator: NotionEmulator, changes: Record<string, string | undefined> = {}): string {
  const params = {
    client_id: "emulated-client",
    redirect_uri: redirectUri,
    response_type: "code",
    owner: "user",
    state: "some state",
    ...changes,
  };
  const query = Object.entries(params).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return `${emulator.url}/v1/oauth/authorize?${new URLSearchParams(query)}`;
}

/** Authorizes without a browser and returns the code. */
export async function authorizedCode(emulator: NotionEmulator, decision = {}): Promise<string> {
  const callback = new URL(await emulator.authorize(authorizeUrl(emulator), decision));
  return callback.searchParams.get("code") ?? "";
}

export async function exchange(emulator: NotionEmulator, code: string): Promise<JsonAnswer> {
  return post(emulator, "token", { grant_type: "authorization_code", code, redirect_uri: redirectUri });
}

export async function refresh(emulator: NotionEmulator, token: unknown): Promise<JsonAnswer> {
  return post(emulator, "token", { grant_type: "refresh_token", refresh_token: token });
}

export interface Tokens {
  readonly access: string;
  readonly refresh: string;
  readonly botId: string;
}

/** Issued tokens as plain strings. */
export function issued(emulator: NotionEmulator, options: Parameters<NotionEmulator["issue"]>[0] = {}): Tokens {
  const answer = emulator.issue(options);
  return { access: answer.access_token, refresh: answer.refresh_token ?? "", botId: answer.bot_id };
}

/** A REST request with a bearer token. */
export async function rest(
  emulator: NotionEmulator,
  path: string,
  token: string | undefined,
  body?: unknown,
  headers: Record<string, string> = { "notion-version": "2026-03-11" },
): Promise<JsonAnswer> {
  return readJson(
    await fetch(`${emulator.url}${path}`, {
      method: body === undefined ? "GET" : "POST",
      headers: {
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        "content-type": "application/json",
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    }),
  );
}
