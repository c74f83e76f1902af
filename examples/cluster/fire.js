// @ts-check
// node examples/cluster/fire.js [address of the app] [how many requests]
// Logs in without a browser, lets the access token expire, and fires requests at all processes at once.
import { fireRequests } from "./fire-requests.js";

const [origin = "http://localhost:3000", requests = "25"] = process.argv.slice(2);

try {
  const { cookie, notionUrl } = await logIn();
  const run = await fireRequests({ origin, notionUrl, cookie, requests: Number(requests) });
  console.log(`${run.requests} requests, ${run.refreshes} refresh${run.refreshes === 1 ? "" : "es"}`);
  for (const [name, answers] of Object.entries(run.processes).sort()) {
    console.log(`  process ${name} ${"#".repeat(answers)} ${answers}`);
  }
  console.log(`${run.served} of them were served, in ${run.milliseconds} ms.`);
  await fetch(`${origin}/logout`, { method: "POST", headers: { cookie, accept: "application/json" } });
  process.exitCode = run.served === run.requests && run.refreshes === 1 ? 0 : 1;
} catch (error) {
  const { message, cause } = /** @type {Error} */ (error);
  const { code } = /** @type {{ code?: string }} */ (cause ?? {});
  console.error(code === "ECONNREFUSED" ? `Nobody listens on ${origin}. Run start.js first.` : message);
  process.exitCode = 1;
}

/** What a person does in the browser, consent page included. */
async function logIn() {
  const login = await fetch(`${origin}/login`, { redirect: "manual" });
  const consent = login.headers.get("location") ?? "";
  const notionUrl = new URL(consent).origin;
  const granted = await fetch(`${notionUrl}/__emulator/authorize`, {
    method: "POST",
    body: JSON.stringify({ url: consent }),
  });
  const { callbackUrl } = /** @type {{ callbackUrl: string }} */ (await granted.json());
  const callback = await fetch(callbackUrl, { redirect: "manual", headers: { cookie: cookiesOf(login) } });
  if (callback.status !== 303) throw new Error(`The login did not work: the app answers ${callback.status}.`);
  return { cookie: cookiesOf(callback), notionUrl };
}

/** @param {Response} answer */
function cookiesOf(answer) {
  return answer.headers
    .getSetCookie()
    .map((line) => line.split(";")[0])
    .join("; ");
}
