import { type Probe, probe } from "../../api/probe.js";
import type { SetUp } from "./set-up.js";

/** Without these, nothing is sent. */
const NEEDED = ["clientId", "clientSecret", "baseUrl", "agent", "notionVersion", "timeout"];

/** Asks Notion about a made-up token; undefined where that cannot be asked. */
export async function probeNotion({ options, refused }: SetUp): Promise<Probe | undefined> {
  if (options === undefined || refused.some(({ option }) => NEEDED.includes(option))) return undefined;
  return probe(options, Date.now);
}
