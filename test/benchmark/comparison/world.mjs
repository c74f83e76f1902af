import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { createNotionEmulator } from "express-notion-oauth/emulator";
import { clientId, clientSecret } from "../contestants/notion.mjs";
import { startChild } from "../processes/child.mjs";
import { Browser } from "./browser.mjs";
import { contestants } from "./contestants/index.mjs";

/** How long it is waited for tokens to die, in ms. */
const PATIENCE = 8000;

/**
 * Goes through a situation with one contestant, and a Notion of its own.
 *
 * @param {object} options `behaviour` of Notion; of the app: `maxAge` of its sessions in ms, and `refuse` for one that lets nobody in
 */
export async function inWorld(name, { behaviour, ...options }, situation) {
  const notion = createNotionEmulator({ clients: [{ clientId, clientSecret }], behaviour });
  await notion.start();
  const world = new World(name, notion, options);
  try {
    await world.startApp();
    return await situation(world);
  } finally {
    await world.end();
  }
}

class World {
  notion;
  #name;
  #options;
  #apps = [];
  #folder = mkdtempSync(join(tmpdir(), "comparison-"));
  #origin;
  #isOver = false;

  constructor(name, notion, options) {
    this.#name = name;
    this.notion = notion;
    this.#options = options;
  }

  /** Starts a process of the app: the first one, one more, or the one after a kill. */
  async startApp() {
    const told = { name: this.#name, notionUrl: this.notion.url, publicOrigin: this.#origin, folder: this.#folder };
    // Some leave checks out in tests.
    const app = await startChild("../comparison/app.mjs", { ...told, ...this.#options }, { NODE_ENV: "production" });
    this.#apps.push(app);
    app.origin = await app.ask("origin");
    this.#origin ??= app.origin;
    return app;
  }

  get app() {
    return this.#apps.at(-1);
  }

  browser() {
    return new Browser(this.#origin);
  }

  can(what) {
    return this.app.ask("can").then((abilities) => abilities[what]);
  }

  /** A person in a browser goes to Notion, allows it, and comes back. */
  async logIn(browser = this.browser()) {
    const { status } = await browser.get(await this.callback(browser));
    const read = await this.read(browser);
    if (read !== 200) throw new Error(`${this.#name}: the login ended with ${status}, and Notion's data is a ${read}.`);
    return browser;
  }

  /** The same up to the address that Notion sends the browser back to. */
  async callback(browser) {
    const start = contestants[this.#name].startLogin ?? ((one) => one.get("/login"));
    const { status, location, text } = await start(browser);
    let url = location ?? urlIn(text);
    if (url === undefined) throw new Error(`${this.#name}: the login begins with ${status} ${text}`);
    if (!url.includes("/v1/oauth/authorize")) url = (await fetch(url, { redirect: "manual" })).headers.get("location");
    const { pathname, search } = new URL(url);
    return this.notion.authorize(this.notion.url + pathname + search);
  }

  async until(condition) {
    while (!condition() && !this.#isOver) await sleep(10);
  }

  logOut(browser) {
    const logOut = contestants[this.#name].logOut ?? ((one) => one.post("/logout"));
    return logOut(browser);
  }

  get logoutPath() {
    return contestants[this.#name].logoutPath ?? "/logout";
  }

  /** The status of a page that reads from Notion: 401 without a session, 502 where Notion refuses the token. */
  async read(browser) {
    return (await browser.get("/me")).status;
  }

  /** Waits for all tokens to die. @returns what is left */
  async remains(patience = PATIENCE) {
    if (this.notion.tokens.length === 0) throw new Error(`${this.#name}: Notion has issued no tokens.`);
    const until = performance.now() + patience;
    while (this.notion.activeTokens().length > 0 && performance.now() < until) await sleep(50);
    const kinds = new Set(this.notion.activeTokens().map(({ kind }) => kind));
    if (kinds.size === 0) return "dead";
    return kinds.size === 2 ? "alive" : `${[...kinds]} token alive`;
  }

  async end() {
    this.#isOver = true;
    for (const app of this.#apps) await app.end();
    await this.notion.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

function urlIn(text) {
  try {
    return JSON.parse(text).url;
  } catch {
    return undefined;
  }
}
