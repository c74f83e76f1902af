import { format } from "node:util";
import createDebug from "debug";
import { afterEach, expect, test, vi } from "vitest";
import { debugLogger } from "../src/logger.js";

afterEach(() => {
  createDebug.disable();
  vi.restoreAllMocks();
});

/** What `debug` writes while its namespaces are enabled. */
function listen(namespaces: string): string[] {
  const lines: string[] = [];
  createDebug.enable(namespaces);
  vi.spyOn(createDebug, "log").mockImplementation((...given: unknown[]) => void lines.push(format(...given)));
  return lines;
}

test("lines go to their namespaces, in their order, also those from before `debug` was loaded", async () => {
  const lines = listen("notion-oauth:*");
  const logger = debugLogger();
  logger.debug("first", { id: 1 });
  logger.info("second");
  logger.warn("third");
  await expect.poll(() => lines.length).toBe(3);
  logger.debug("fourth");
  logger.error("fifth", { code: "x" });
  expect(lines.map((line) => /first|second|third|fourth|fifth/.exec(line)?.[0])).toEqual([
    "first",
    "second",
    "third",
    "fourth",
    "fifth",
  ]);
  expect(lines[0]).toContain("notion-oauth:debug");
  expect(lines[0]).toMatch(/id.*1/);
  expect(lines[4]).toContain("notion-oauth:error");
  // Without fields, nothing is said of them.
  for (const line of lines.slice(1, 4)) expect(line).not.toMatch(/\{\}|undefined/);
});

test("errors are written to the console when nobody listens, at once", () => {
  const error = vi.spyOn(console, "error").mockImplementation(() => {});
  const logger = debugLogger();
  logger.warn("not shown");
  logger.error("a vault is away", { code: "x" });
  logger.error("a driver is missing");
  expect(error.mock.calls).toEqual([
    ["notion-oauth: a vault is away", { code: "x" }],
    ["notion-oauth: a driver is missing"],
  ]);
});

test("namespaces that are not enabled are silent", async () => {
  const lines = listen("notion-oauth:warn");
  const logger = debugLogger();
  logger.debug("not shown");
  logger.warn("shown");
  await expect.poll(() => lines.length).toBe(1);
  expect(lines[0]).toContain("shown");
});
