/** Every code block of docs/webhooks.md, run to its end. */
import { expect } from "vitest";
import { describeSamples } from "../support/samples.js";
import { createWorld, logIn } from "../support/world.js";

describeSamples("docs/webhooks.md", {
  async Webhooks(code) {
    const world = await createWorld();
    const { webhooks } = world.emulator;
    const said: unknown[][] = [];
    const console = { log: (...words: unknown[]) => said.push(words) };
    const begin = async () => world.serve((await world.run(code, { console })).app);

    // Without a token, as at first.
    const first = await begin();
    const { id, verificationToken } = await webhooks.subscribe(`${first.origin}/webhooks/notion`);
    expect(said).toEqual([["Enter this at Notion:", verificationToken]]);
    await webhooks.send({ type: "page.content_updated" }, { attempts: 1 });
    webhooks.unsubscribe(id);

    world.env.NOTION_WEBHOOK_TOKEN = verificationToken;
    const second = await begin();
    await logIn(world, second, { start: "/login", workspace: "Home" });
    await webhooks.subscribe(`${second.origin}/webhooks/notion`, { verificationToken });
    for (const type of ["page.content_updated", "page.created"]) await webhooks.send({ type, workspace: "Home" });
    expect(said.slice(1)).toEqual([["Home", expect.any(String), 5]]);
    expect(webhooks.deliveries.map(({ status }) => status)).toEqual([200, 401, 200, 200, 200]);
  },
});
