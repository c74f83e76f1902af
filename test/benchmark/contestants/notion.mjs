// What all contestants know of Notion.

export const clientId = "bench-client";
export const clientSecret = "bench-secret";
export const redirectUri = "http://127.0.0.1/auth/notion/callback";

export const notionHeaders = {
  authorization: `Basic ${Buffer.from(`${clientId}:${clientSecret}`).toString("base64")}`,
  "content-type": "application/json",
  accept: "application/json",
  "notion-version": "2025-09-03",
};

/** What Notion's token endpoint answers. */
export function tokenAnswer(token, refresh = null) {
  return {
    access_token: token,
    refresh_token: refresh,
    token_type: "bearer",
    bot_id: "b3aa1b5e-1c4f-4bd9-8a56-2f1d7a1a0c11",
    workspace_id: "5b1d2f7e-93a5-4f0e-a0f3-6a2a1c9d8e77",
    workspace_name: "Acme",
    workspace_icon: null,
    owner: { type: "user", user: { object: "user", id: "0c8f3b6a-7a52-4f31-9d6e-1f2b3c4d5e6f", name: "Ada" } },
    duplicated_template_id: null,
  };
}
