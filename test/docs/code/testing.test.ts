import { expect } from "vitest";
import { createNotionEmulator, type NotionEmulator } from "../../../src/emulator/index.js";
import { eventually } from "../../support/app.js";
import { notionSample } from "../support/life.js";
import { describeSamples } from "../support/samples.js";
import { createWorld } from "../support/world.js";

describeSamples("docs/testing.md", {
  async "Testing your app"(code) {
    const world = await createWorld();
    let emulator: NotionEmulator | undefined;
    const modules = {
      "express-notion-oauth/emulator": { createNotionEmulator: () => (emulator = createNotionEmulator()) },
    };
    // The app that is under test there.
    const appOf = async () => {
      const { notion } = await world.run(notionSample, {
        process: { env: { ...world.env, NOTION_BASE_URL: emulator?.url } },
      });
      return world.serve(world.app().use(notion.middleware()));
    };
    const fetch_ = async (address: string, options: object) =>
      fetch(address.replace("http://127.0.0.1:3000", (await appOf()).origin), options);
    const { callback } = await world.run(code, { modules, fetch: fetch_ });
    expect(callback).toContain("code=");
    const isDown = () =>
      fetch(emulator?.url ?? "").then(
        () => false,
        () => true,
      );
    await eventually(isDown, "the emulated Notion is down");
    await emulator?.close();
  },
});
