/** Every code block of docs/pages.md, run to its end. */
import { readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import helmet from "helmet";
import { expect, test } from "vitest";
import { englishTexts } from "../../../src/options/page-texts.js";
import { describeSamples } from "../support/samples.js";
import { createWorld, logIn } from "../support/world.js";

describeSamples("docs/pages.md", {
  async "Another language"(code) {
    const world = await createWorld();
    const { notion } = await world.run(code);
    const client = await world.serve(world.app().use(notion.middleware()));
    const denied = await logIn(world, client, { deny: true });
    expect(denied.body).toContain('<html lang="de" dir="ltr">');
    expect(denied.body).toContain("Notion hat dieser App keinen Zugriff gegeben");
    expect(denied.body).toContain(">Mit Notion verbinden</a>");
  },
  async "Your own template"(code) {
    const world = await createWorld();
    const { app } = await world.run(code, { modules: { helmet: { default: helmet } } });
    const client = await world.serve(app);
    const denied = await logIn(world, client, { deny: true });
    expect([denied.status, denied.body]).toEqual([
      403,
      expect.stringContaining("<title>Notion was not connected - Example App</title>"),
    ]);
    expect(denied.body).toContain('<a href="/login?returnTo=%2F">Connect to Notion</a>');
    expect(denied.headers["content-security-policy"]).toMatch(/style-src 'self'.*, frame-ancestors 'none'$/);
    const logout = await client.get("/logout");
    expect(logout.body).toMatch(/<form method="post" action="\/logout">\s+<button>Log out anyway<\/button>/);
    expect(logout.body).toContain('<link rel="stylesheet" href="/app.css">');
  },
  async "Your own template 2"(code) {
    const world = await createWorld();
    const { render } = await world.run(code);
    const { notion } = await world.run(
      'const notion = createNotionOAuth({ clientId: "id", clientSecret: "s", redirectUri: "http://localhost/cb", pages: { render } });',
      { render },
    );
    const view = world.file("notion-page.txt");
    writeFileSync(view, "");
    const app = world.app().set("view engine", "txt").set("views", dirname(view));
    app.engine("txt", (_path, page, done) => {
      const { title, locale } = page as { title?: string; locale?: string };
      done(null, `view of ${title} in ${locale}`);
    });
    const client = await world.serve(app.use(notion.middleware()));
    expect((await client.get("/logout")).body).toBe("view of You are not logged in in en");
  },
});

test("docs/pages.md has every text, as it is", () => {
  const [, table = ""] = readFileSync(new URL("../../../docs/pages.md", import.meta.url), "utf8").split(
    "\n## The texts\n",
  );
  const rows = [...table.matchAll(/^\| `([\w.]+)` \| (.+) \|$/gm)].map(([, name, text]) => [name, text]);
  expect(Object.fromEntries(rows)).toEqual(englishTexts);
});
