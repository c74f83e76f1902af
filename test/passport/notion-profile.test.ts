import { expect, test } from "vitest";
import type { NotionOwner, TokenAnswer } from "../../src/api/token-answer.js";
import { toProfile } from "../../src/passport/notion-profile.js";

const answer = (owner: NotionOwner, changes: Partial<TokenAnswer> = {}): TokenAnswer => ({
  accessToken: "ntn_access",
  refreshToken: "nrt_refresh",
  botId: "bot-1",
  workspaceId: "workspace-1",
  workspaceName: "Acme Studio",
  workspaceIcon: "🏗️",
  duplicatedTemplateId: null,
  owner,
  ...changes,
});

const ada: NotionOwner = {
  type: "user",
  user: {
    object: "user",
    id: "user-1",
    type: "person",
    name: "Ada Lovelace",
    avatar_url: "https://example.com/ada.png",
    person: { email: "ada@example.com", email_verified: true },
  },
};

test("a person", () => {
  expect(toProfile(answer(ada))).toEqual({
    provider: "notion",
    id: "user-1",
    displayName: "Ada Lovelace",
    emails: [{ value: "ada@example.com", verified: true }],
    photos: [{ value: "https://example.com/ada.png" }],
    botId: "bot-1",
    workspaceId: "workspace-1",
    workspaceName: "Acme Studio",
    workspaceIcon: "🏗️",
    owner: ada,
    duplicatedTemplateId: null,
    _json: {
      bot_id: "bot-1",
      workspace_id: "workspace-1",
      workspace_name: "Acme Studio",
      workspace_icon: "🏗️",
      owner: ada,
      duplicated_template_id: null,
    },
  });
});

test("a person without an address, a picture or a verdict on the address", () => {
  const user = { object: "user", id: "user-1", name: null, avatar_url: null } as const;
  expect(toProfile(answer({ type: "user", user: { ...user, person: {} } }))).toMatchObject({ emails: [], photos: [] });
  expect(toProfile(answer({ type: "user", user: { ...user, person: { email: "a@b.c" } } })).emails).toEqual([
    { value: "a@b.c" },
  ]);
});

test("a partial user: only the id is known, the workspace lends its name", () => {
  const profile = toProfile(answer({ type: "user", user: { object: "user", id: "user-1" } }));
  expect(profile).toMatchObject({ id: "user-1", displayName: "Acme Studio", emails: [], photos: [] });
});

test("a workspace as owner: the bot is who there is", () => {
  const profile = toProfile(answer({ type: "workspace", workspace: true }, { workspaceName: null }));
  expect(profile).toMatchObject({ id: "bot-1", displayName: "", emails: [], photos: [], workspaceName: null });
});

test("no token is in it", () => {
  expect(JSON.stringify(toProfile(answer(ada)))).not.toMatch(/ntn_|nrt_/);
});
