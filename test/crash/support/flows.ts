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

async function connect(lab: Lab, app: KillableApp, client: Client): Promise<void> {
  const { status, body } = await lab.logIn(client, app);
  if (status !== 303) throw new Error(`No login before the flow: ${status} ${body}`);
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
