import { refused, storeFails, twice } from "./logins.mjs";
import { down, killed, limited, ordinary, pairs, silent, unavailable } from "./notion-fails.mjs";
import { inFlight, race } from "./refreshes.mjs";
import { again, crossSite, devices, expiry, shared, slow } from "./sessions.mjs";

/** The rows, in the order of the page. Each is run for one contestant, and brings a few words. */
export const situations = {
  ordinary,
  pairs,
  down,
  unavailable,
  limited,
  silent,
  killed,
  slow,
  inFlight,
  storeFails,
  refused,
  expiry,
  again,
  devices,
  shared,
  race,
  crossSite,
  twice,
};
