import { describe, expect, test } from "vitest";
import { startUsersApp, type UsersApp } from "./support/users-app.js";

const json = { accept: "application/json" } as const;

/** The user has connected the bot again on the laptop, and the phone has not been used since. */
async function reconnected(app: UsersApp) {
  const [laptop, phone] = [await app.browserOf("ada"), await app.browserOf("ada")];
  await app.connect(laptop);
  expect((await phone.get("/me", json)).status).toBe(200);
  await app.connect(laptop);
  return { laptop, phone };
}

describe("a session in which the connection was used before it was connected again", () => {
  test("is logged out with all others", async () => {
    const app = await startUsersApp();
    const { laptop, phone } = await reconnected(app);
    const { sid } = (await laptop.get("/state")).json<{ sid: string }>();
    await app.notion.revokeAll({ user: "ada", except: sid });
    expect((await phone.get("/me", json)).status).toBe(401);
    expect((await laptop.get("/me", json)).status).toBe(200);
  });

  test('keeps the connection with revokeOnLogout: "last"', async () => {
    const app = await startUsersApp({ notion: { revokeOnLogout: "last" } });
    const { laptop, phone } = await reconnected(app);
    await laptop.post("/logout", json);
    expect((await phone.get("/me", json)).status).toBe(200);
    await phone.post("/logout", json);
    expect(app.emulator.activeTokens()).toEqual([]);
  });

  test("does not count once it was logged out", async () => {
    const app = await startUsersApp({ notion: { revokeOnLogout: "last" } });
    const [laptop, phone] = [await app.browserOf("ada"), await app.browserOf("ada")];
    await app.connect(laptop);
    expect((await phone.get("/me", json)).status).toBe(200);
    await phone.post("/logout", json);
    await app.connect(laptop);
    const sessions = await app.job().connections.sessions({ user: "ada" });
    expect(sessions).toHaveLength(1);
    await laptop.post("/logout", json);
    expect(app.emulator.activeTokens()).toEqual([]);
  });
});
