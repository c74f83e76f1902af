import { expect, test } from "vitest";
import { useCommandLine } from "../support/command-line.js";
import { examine, useEmulator } from "../support/doctor-command.js";

useCommandLine();

const emulator = useEmulator();

const MINUTE = 60_000;

async function clockAt(distance: number | string, status?: number): Promise<string[]> {
  const date = typeof distance === "string" ? distance : new Date(Date.now() + distance).toUTCString();
  emulator.fault("introspect", { headers: { date }, ...(status !== undefined && { status }) });
  const found = await examine(["--base-url", emulator.url]);
  expect(found.of("clock").some((one) => one.startsWith("problem"))).toBe(found.code === 1 && status === undefined);
  return found.of("clock");
}

test("doctor: a clock that is right", async () => {
  expect(await clockAt(0)).toEqual([expect.stringMatching(/^ok: This machine's clock is Notion's, within \d+ s\.$/)]);
});

test("doctor: a clock that is behind or ahead, and what comes of it", async () => {
  expect(await clockAt(5 * MINUTE)).toEqual([
    expect.stringMatching(
      /^warning: This machine's clock is (?:5 min|4 min \d+ s) behind Notion's\. Session cookies .* expire too early/,
    ),
  ]);
  emulator.reset();
  expect(await clockAt(-5 * MINUTE)).toEqual([
    expect.stringMatching(
      /^warning: This machine's clock is (?:5 min|4 min \d+ s).* ahead of Notion's\. Browsers keep session cookies/,
    ),
  ]);
  emulator.reset();
  expect(await clockAt(-3 * 60 * MINUTE)).toEqual([
    expect.stringMatching(/^problem: This machine's clock is .* ahead of/),
  ]);
});

test("doctor: an error tells the time as well, and a date that is none does not", async () => {
  expect(await clockAt(5 * MINUTE, 503)).toEqual([expect.stringMatching(/^warning: .* behind Notion's/)]);
  emulator.reset();
  expect(await clockAt("yesterday")).toEqual([expect.stringMatching(/^skipped: The clock was not compared/)]);
});

test("doctor: an answer that took long says nothing of the clock", async () => {
  const before = new Date(Date.now()).toUTCString();
  emulator.fault("introspect", { headers: { date: before }, delay: 2500 });
  const found = await examine(["--base-url", emulator.url]);
  expect(found.of("clock")).toEqual([expect.stringMatching(/^ok: /)]);
});
