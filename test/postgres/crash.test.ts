import { expect, test, vi } from "vitest";
import { postgresVault } from "../../src/postgres/index.js";
import { expectToSurviveKills } from "../support/crash.js";
import { describeWithService } from "../support/services.js";
import { freshSchema, query, serverOfThisFile } from "./support/database.js";

describeWithService("postgres", "processes that are killed at any moment", () => {
  const server = serverOfThisFile();

  test("have what they were promised, and do nothing twice", async () => {
    const url = await freshSchema(server());
    // A backend that is idle may not have read yet what it was asked for.
    const others = () => query(url, "SELECT pid FROM pg_stat_activity WHERE application_name = 'express-notion-oauth'");
    await expectToSurviveKills({
      kind: "postgres",
      place: url,
      vault: postgresVault(`${url}&application_name=judge`, { migrate: true }),
      settled: () => vi.waitFor(async () => expect(await others()).toEqual([]), 60_000),
    });
  });
});
