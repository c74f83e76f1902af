import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { controlRoutes } from "../../src/emulator/control/control-routes.js";
import { createNotionEmulator, defaultBehaviour, type Fault } from "../../src/emulator/index.js";

const guide = readFileSync(new URL("../../src/emulator/README.md", import.meta.url), "utf8").replace(/ +/g, " ");

/** The names a wrong option is told to choose from. */
function knownNames(attempt: () => unknown): string[] {
  try {
    attempt();
  } catch (error) {
    return /there are (.+)$/.exec(String(error))?.[1]?.split(", ") ?? [];
  }
  return [];
}

test("the guide names every switch, fault field, option and control request", () => {
  const faults = knownNames(() => createNotionEmulator().fault("*", { nothing: 1 } as Fault));
  const options = knownNames(() => createNotionEmulator({ nothing: 1 } as object));
  expect(faults.length).toBeGreaterThan(15);
  expect(options.length).toBeGreaterThan(8);
  for (const name of [...Object.keys(defaultBehaviour), ...faults, ...options, ...controlRoutes.keys()]) {
    expect(guide).toContain(`\`${name}\``);
  }
});

test("the guide shows each switch with its default first", () => {
  for (const [name, value] of Object.entries(defaultBehaviour)) {
    expect(guide).toContain(`| \`${name}\` | \`${JSON.stringify(value)}\``);
  }
});
