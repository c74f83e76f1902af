import type { Answer, Client } from "../../support/client.js";
import type { KillableApp } from "./killable-app.js";
import type { Lab } from "./lab.js";

/** Brings the browser to where the flow begins. @returns the request that it is about */
export type Flow = (
  lab: Lab,
  app: KillableApp,
  client: Client,
) => Promise<(headers?: Readonly<Record<string, string>>) => Promise<Answer>>;

const accept = "application/json";

/** How often a login may be late on a busy machine. */
const TIMES = 5;

/** Whether nothing was wrong but that it took too long, for a bound of ours. */
export const isLate = ({ status }: Answer): boolean => status === 503 || status === 504;

async function connect(lab: Lab, app: KillableApp, client: Client): Promise<void> {
  let answer = await lab.logIn(client, app);
  for (let time = 1; time < TIMES && isLate(answer); time += 1) answer = await lab.logIn(client, app);
  if (answer.status !== 303) throw new Error(`No login before the flow: ${answer.status} ${answer.body}`);
}

export const flows: Readonly<Record<string, Flow>> = {
  "a login": async (lab, app, client) => {
    const callback = await lab.callback(client, app);
    return (headers = {}) => client.get(callback, { headers });
  },
  "a login with a second workspace": async (lab, app, client) => {
    await connect(lab, app, client);
    const callback = await lab.callback(client, app, { workspace: "Home" });
    return (headers = {}) => client.get(callback, { headers });
  },
  // Its session is known, and refers to nothing.
  "a login after a disconnect": async (lab, app, client) => {
    await connect(lab, app, client);
    await client.post(`${app.origin}/disconnect`, { accept });
    const callback = await lab.callback(client, app);
    return (headers = {}) => client.get(callback, { headers });
  },
  "a logout": async (lab, app, client) => {
    await connect(lab, app, client);
    return (headers = {}) => client.post(`${app.origin}/logout`, { accept, headers });
  },
  "a refresh": async (lab, app, client) => {
    await connect(lab, app, client);
    return (headers = {}) => client.get(`${app.origin}/refresh`, { accept, headers });
  },
  "a disconnect": async (lab, app, client) => {
    await connect(lab, app, client);
    return (headers = {}) => client.post(`${app.origin}/disconnect`, { accept, headers });
  },
};
