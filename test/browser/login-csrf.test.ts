import { once } from "node:events";
import { createServer, type Server } from "node:https";
import type { RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { credentials, startApp } from "../support/app.js";
import { selfSigned } from "../support/certificates.js";
import { describeWithService } from "../support/services.js";
import { launchChromium } from "./support/browser.js";

const certificate = selfSigned("example.test");

/** An https server that the browser reaches under any name below example.test. */
async function serve(listener?: RequestListener): Promise<{ server: Server; port: number }> {
  const server = createServer({ ...certificate }, listener);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void (server.closeAllConnections(), server.close()));
  return { server, port: (server.address() as AddressInfo).port };
}

/** What a sibling's Set-Cookie header may look like. `{}` stands for the name of the login's cookie, `[]` for its value. */
const spellings: readonly [name: string, cookie: string][] = [
  ["U+00A0 before the name", "\u00a0{}=[]"],
  ["U+00A0 behind the name", "{}\u00a0=[]"],
  ["U+0085 before the name", "\u0085{}=[]"],
  ["a semicolon's escape before the name", "%3b{}=[]"],
  ["a quote before the name", '"{}=[]'],
  ["no name, and the cookie in the value", "={}=[]"],
  ["no name, and U+00A0 before the cookie in the value", "=\u00a0{}=[]"],
  ["small letters", "__host-{}=[]"],
  ["no prefix", "{}=[]"],
];

describeWithService("chromium", "a sibling host that plants a login of its own in the victim's browser", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchChromium(["*.example.test"]);
  });
  afterAll(() => browser.close());

  test("is refused without a call to Notion, however it spells the cookie, and an honest login works beside it", async () => {
    const { server, port } = await serve();
    const sent: string[] = [];
    const redirectUri = `https://app.example.test:${port}/auth/notion/callback`;
    const app = await startApp({
      notion: { redirectUri },
      emulator: { clients: [{ ...credentials, redirectUris: [redirectUri] }] },
      before: (express) => void express.use((req, _res, next) => (sent.push(req.headers.cookie ?? ""), next())),
      routes: (express) =>
        void express.get("/", (req, res) => void res.send(req.notion.isConnected() ? "connected" : "nobody")),
    });
    server.on("request", app.app);
    let planted: { cookie: string; callback: string } | undefined;
    const evil = await serve((_req, res) => {
      res.setHeader("Set-Cookie", `${planted?.cookie}; Domain=example.test; Path=/; Secure; SameSite=None`);
      res.writeHead(302, { location: planted?.callback }).end();
    });

    for (const [name, spelling] of spellings) {
      const attacker = app.client();
      const login = await attacker.get("/login");
      const [[cookieName = "", value = ""] = []] = attacker.cookies;
      expect(cookieName).toMatch(/^__Host-notion\.login\./);
      const callback = await app.emulator.authorize(login.location, { user: "Grace Hopper" });
      const ours = /small|no prefix/.test(name) ? cookieName.slice("__Host-".length) : cookieName;
      planted = { cookie: spelling.replace("{}", ours).replace("[]", value), callback };

      const context = await browser.newContext({ ignoreHTTPSErrors: true });
      const page = await context.newPage();
      await page.goto(`https://evil.example.test:${evil.port}/`);
      expect(page.url(), name).toContain("/auth/notion/callback?");
      expect(await page.locator("h1").textContent(), name).toBe("Please start again");
      expect(app.emulator.count("token"), name).toBe(0);
      if (name.startsWith("U+00A0 before the name")) {
        expect(sent.at(-1), "what the browser sends").toContain(value);
        await page.goto(`https://app.example.test:${port}/login`);
        await page.getByRole("button", { name: "Allow access" }).click();
        await page.getByText("connected", { exact: true }).waitFor();
        app.emulator.reset();
      }
      await context.close();
    }
  });
});
