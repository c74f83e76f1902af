// The emulator, where it matters that tokens are issued, rotated and killed as by Notion.
import { createNotionEmulator } from "express-notion-oauth/emulator";
import { clientId, clientSecret } from "../contestants/notion.mjs";
import { answer } from "./parent.mjs";

const emulator = createNotionEmulator({
  clients: [{ clientId, clientSecret }],
  behaviour: { refreshReplay: "kill_family" },
});
await emulator.start();
answer({
  url: () => emulator.url,
  issue: () => emulator.issue(),
  expire: (token) => emulator.expireAccessToken(token),
  refreshes: () => emulator.count("token"),
});
