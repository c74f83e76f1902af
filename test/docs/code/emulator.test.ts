/** Every code block of the emulator's guide, run to its end. */
import assert from "node:assert/strict";
import { expect, onTestFinished } from "vitest";
import { createNotionEmulator } from "../../../src/emulator/index.js";
import { startApp } from "../../support/app.js";
import { startWebhookApp } from "../../support/webhook-app.js";
import { checkCommands } from "../support/commands.js";
import { describeSamples } from "../support/samples.js";
import { createWorld } from "../support/world.js";

describeSamples("src/emulator/README.md", {
  async "In a test"(code) {
    type Step = () => unknown;
    const steps: Record<"before" | "test" | "after", Step[]> = { before: [], test: [], after: [] };
    const modules = {
      "node:assert/strict": { default: assert },
      "node:test": {
        before: (step: Step) => steps.before.push(step),
        test: (_name: string, step: Step) => steps.test.push(step),
        after: (step: Step) => steps.after.push(step),
      },
      "./app.js": {
        startApp: async (notion: object) => {
          const { origin } = await startApp({ notion });
          return { url: origin, close: () => {} };
        },
      },
    };
    await (await createWorld()).run(code, { modules, fetch });
    expect([steps.before.length, steps.test.length, steps.after.length]).toEqual([1, 1, 1]);
    for (const step of [...steps.before, ...steps.test, ...steps.after]) await step();
  },
  "On the command line": checkCommands,
  async "Faults and outages"(code) {
    const world = await createWorld();
    await world.run(code, { emulator: world.emulator });
    // Faults and outage are over again: what is left to refuse are missing credentials.
    expect((await fetch(`${world.emulator.url}/v1/oauth/revoke`, { method: "POST" })).status).toBe(401);
  },
  async Webhooks(code) {
    const world = await createWorld();
    const url = "http://127.0.0.1:3000/webhooks/notion";
    const { received, url: here } = await startWebhookApp({ webhook: { verificationToken: () => tokens } });
    const tokens: string[] = [];
    const { webhooks } = world.emulator;
    const subscribe = async (given: string) => {
      expect(given).toBe(url);
      const subscription = await webhooks.subscribe(here);
      tokens.push(subscription.verificationToken);
      return subscription;
    };
    const send: typeof webhooks.send = (...given) => webhooks.send(...given);
    await world.run(code, { emulator: { webhooks: { subscribe, send, deliveries: webhooks.deliveries } } });
    expect(received.map(({ event }) => event.type)).toEqual(["page.content_updated", "comment.created"]);
    expect(webhooks.deliveries.filter(({ attempt }) => attempt !== undefined).length).toBeGreaterThanOrEqual(4);
  },
  async "What happened"(code) {
    const world = await createWorld();
    const said: unknown[] = [];
    const { access_token: token } = world.emulator.issue();
    await world.run(code, {
      emulator: world.emulator,
      token,
      console: { log: (...words: unknown[]) => said.push(words) },
    });
    await fetch(`${world.emulator.url}/v1/users/me`);
    world.emulator.issue();
    expect(said).toContainEqual(["GET", "/v1/users/me", 401]);
    expect(said).toContainEqual(["access", "active"]);
  },
  async "Control API"(block) {
    const emulator = createNotionEmulator();
    onTestFinished(() => emulator.close());
    const url = await emulator.start();
    for (const line of block.trim().split("\n")) {
      const [, method = "GET", address = "", body] = /^\$ curl (?:-X (\w+) )?(\S+)(?: -d '(.+)')?$/.exec(line) ?? [];
      const answer = await fetch(address.replace("http://127.0.0.1:4040", url), { method, ...(body && { body }) });
      expect([line, answer.status]).toEqual([line, expect.toSatisfy((status: number) => status < 300)]);
    }
    expect((await fetch(`${url}/v1/oauth/revoke`, { method: "POST" })).status).toBe(503);
  },
});
