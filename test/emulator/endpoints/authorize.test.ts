import { describe, expect, test } from "vitest";
import { authorizeUrl, redirectUri } from "../support/notion-requests.js";
import { startEmulator } from "../support/start-emulator.js";

const html = { accept: "text/html,application/xhtml+xml" };

/** The fields a browser would post from the page, with the button that was pressed. */
function formFields(page: string, decision: "allow" | "cancel"): URLSearchParams {
  const fields = new URLSearchParams({ decision });
  const plain = (text: string) => text.replaceAll("&quot;", '"').replaceAll("&lt;", "<").replaceAll("&amp;", "&");
  for (const [, name, value] of page.matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)">/g)) {
    fields.set(name ?? "", plain(value ?? ""));
  }
  const workspace = /name="workspace" value="([^"]*)" checked/.exec(page)?.[1];
  const user = /<option value="([^"]*)"/.exec(page)?.[1];
  fields.set("workspace", workspace ?? "");
  fields.set("user", user ?? "");
  return fields;
}

async function submit(url: string, body: URLSearchParams, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(`${url}/v1/oauth/authorize`, { method: "POST", body, headers, redirect: "manual" });
}

describe("GET /v1/oauth/authorize", () => {
  test("is a page that names the app, the workspaces and the people, and works without scripts", async () => {
    const emulator = await startEmulator({
      clients: [{ clientId: "emulated-client", clientSecret: "s", name: 'Tasks <script>"&' }],
      workspaces: [
        { id: "w1", name: "First <i>", icon: "https://images.example/icon.png?a=1&b=2" },
        { id: "w2", name: null, icon: null },
      ],
    });
    const response = await fetch(authorizeUrl(emulator), { headers: html });
    const page = await response.text();
    expect(response.status).toBe(200);
    expect(response.headers.get("content-type")).toBe("text/html; charset=utf-8");
    expect(page).toContain("Connect Tasks &lt;script&gt;&quot;&amp; to Notion");
    expect(page).toContain("First &lt;i&gt;");
    expect(page).toContain('<img src="https://images.example/icon.png?a=1&amp;b=2" alt="">');
    expect(page).toContain("Untitled workspace");
    expect(page).toContain("Ada Lovelace (ada@example.com)");
    expect(page).toContain(">Allow access</button>");
    expect(page).toContain(">Cancel</button>");
    expect(page).toContain('<html lang="en">');
    expect(page).toContain("width=device-width");
    expect(page).not.toMatch(/<script|\son\w+=|style=/i);
  });

  test("its policy allows its own style and a form that ends wherever the app leads on to, and nothing else", async () => {
    const emulator = await startEmulator();
    const response = await fetch(authorizeUrl(emulator));
    const policy = response.headers.get("content-security-policy") ?? "";
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("form-action 'self' http: https:;");
    const style = /<style>([\s\S]*)<\/style>/.exec(await response.text())?.[1] ?? "";
    const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(style));
    expect(policy).toContain(`style-src 'sha256-${Buffer.from(digest).toString("base64")}'`);
    expect(response.headers.get("cache-control")).toBe("no-store");
  });

  test.each([
    ["an unknown client", { client_id: "nobody" }],
    ["no client", { client_id: undefined }],
    ["a redirect URI of another host", { redirect_uri: "https://evil.example/cb" }],
    ["a host that only looks like loopback", { redirect_uri: "http://127.0.0.1.evil.example/cb" }],
    ["a redirect URI with a fragment", { redirect_uri: "http://localhost:3000/cb#x" }],
    ["a relative redirect URI", { redirect_uri: "/cb" }],
    ["no redirect URI", { redirect_uri: undefined }],
    ["another response type", { response_type: "token" }],
    ["no owner", { owner: undefined }],
  ])("%s: a problem of its own, never a redirect", async (_, changes) => {
    const emulator = await startEmulator();
    const url = authorizeUrl(emulator, changes);
    const page = await fetch(url, { headers: html, redirect: "manual" });
    expect(page.status).toBe(400);
    expect(await page.text()).toContain("This link does not work");
    const json = await fetch(url, { redirect: "manual" });
    expect(json.status).toBe(400);
    expect(await json.json()).toMatchObject({ object: "error", status: 400 });
    await expect(emulator.authorize(url)).rejects.toThrow(TypeError);
  });

  test("registered redirect URIs match exactly", async () => {
    const emulator = await startEmulator({
      clients: [{ clientId: "emulated-client", clientSecret: "s", redirectUris: [redirectUri] }],
    });
    const status = async (uri: string) => (await fetch(authorizeUrl(emulator, { redirect_uri: uri }))).status;
    expect(await status(redirectUri)).toBe(200);
    for (const wrong of [`${redirectUri}/`, redirectUri.replace("3000", "3001"), `${redirectUri}?x=1`]) {
      expect(await status(wrong)).toBe(400);
    }
  });
});

describe("POST /v1/oauth/authorize", () => {
  test("Allow access sends the browser back with a code and the state as it was", async () => {
    const emulator = await startEmulator();
    const state = 'a b&c=d"<é';
    const page = await (await fetch(authorizeUrl(emulator, { state }))).text();
    const response = await submit(emulator.url, formFields(page, "allow"), { origin: emulator.url });
    expect(response.status).toBe(302);
    const back = new URL(response.headers.get("location") ?? "");
    expect(back.origin + back.pathname).toBe(redirectUri);
    expect(back.searchParams.get("state")).toBe(state);
    expect(back.searchParams.get("code")).toMatch(/^\w{20,}$/);
    expect(back.searchParams.has("error")).toBe(false);
  });

  test("Cancel sends it back with access_denied and the state", async () => {
    const emulator = await startEmulator();
    const page = await (await fetch(authorizeUrl(emulator))).text();
    const response = await submit(emulator.url, formFields(page, "cancel"));
    expect(response.headers.get("location")).toBe(`${redirectUri}?error=access_denied&state=some+state`);
    emulator.configure({ denialState: "empty" });
    const empty = await submit(emulator.url, formFields(page, "cancel"));
    expect(empty.headers.get("location")).toBe(`${redirectUri}?error=access_denied&state=`);
  });

  test("keeps the query of the redirect URI", async () => {
    const emulator = await startEmulator();
    const back = await emulator.authorize(authorizeUrl(emulator, { redirect_uri: `${redirectUri}?tenant=1` }));
    expect(back).toMatch(/callback\?tenant=1&code=\w+&state=some\+state$/);
  });

  test("checks the form as strictly as the link, and takes it from its own page only", async () => {
    const emulator = await startEmulator();
    const page = await (await fetch(authorizeUrl(emulator))).text();
    const tampered = formFields(page, "allow");
    tampered.set("redirect_uri", "https://evil.example/");
    expect((await submit(emulator.url, tampered)).status).toBe(400);
    const unknown = formFields(page, "allow");
    unknown.set("workspace", "nowhere");
    expect((await submit(emulator.url, unknown)).status).toBe(400);
    for (const origin of ["https://evil.example", "null"]) {
      expect((await submit(emulator.url, formFields(page, "allow"), { origin })).status).toBe(403);
    }
  });
});

describe("emulator.authorize()", () => {
  test("chooses a workspace and a person by id, name or email", async () => {
    const emulator = await startEmulator();
    await expect(emulator.authorize(authorizeUrl(emulator), { workspace: "Nowhere" })).rejects.toThrow(/Nowhere/);
    await expect(emulator.authorize(authorizeUrl(emulator), { user: "nobody" })).rejects.toThrow(/nobody/);
    const decision = { workspace: emulator.workspaces[1]?.id ?? "", user: "Grace Hopper" };
    expect(
      new URL(await emulator.authorize(new URL(authorizeUrl(emulator)), decision)).searchParams.get("code"),
    ).toBeTruthy();
  });

  test("can deny", async () => {
    const emulator = await startEmulator();
    const back = new URL(await emulator.authorize(authorizeUrl(emulator), { deny: true }));
    expect(Object.fromEntries(back.searchParams)).toEqual({ error: "access_denied", state: "some state" });
  });

  test("is journalled like the form it stands for", async () => {
    const emulator = await startEmulator();
    await emulator.authorize(authorizeUrl(emulator));
    expect(emulator.requests).toMatchObject([
      { endpoint: "authorize", method: "POST", status: 302, clientId: "emulated-client" },
    ]);
  });
});
