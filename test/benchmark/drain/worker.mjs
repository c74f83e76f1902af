// One worker process: takes its orders from drain.mjs.
import { createNotionOAuth, directoryQueue } from "../../../dist/index.js";
import { bullmqQueue } from "../../../dist/bullmq/index.js";

process.once("message", ({ kind, at, notionUrl, clientId, clientSecret }) => {
  const revocations = kind === "directory" ? directoryQueue(at) : bullmqQueue({ connection: at });
  const notion = createNotionOAuth({ clientId, clientSecret, baseUrl: notionUrl, revocations });
  process.once("message", () => notion.revocations.work());
  process.send("ready");
});
process.once("disconnect", () => process.exit());
