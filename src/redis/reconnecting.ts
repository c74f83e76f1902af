/** How long a connection may take to be made, in ms. */
export const CONNECT_TIMEOUT = 2000;

/** After how long without an answer a connection is given up and made again, in ms: the machine behind it may be gone. */
export const SILENCE = 5000;

const SHORTEST = 50;
const LONGEST = 2000;

/** The pause before the next try to connect, in ms: longer each time, and never the same for two processes. */
export function reconnectPause(tries: number): number {
  const pause = Math.min(SHORTEST * 2 ** Math.min(tries, 10), LONGEST);
  return Math.round(pause * (0.5 + Math.random() / 2));
}

/** Keeps why a client could not connect, until it could. Nobody is told by itself: each call tells its own failure. */
export function watchProblem(client: { on(event: "error" | "ready", listener: (error?: unknown) => void): unknown }): {
  readonly problem: unknown;
} {
  const seen: { problem: unknown } = { problem: undefined };
  client.on("error", (error) => {
    seen.problem = error;
  });
  client.on("ready", () => {
    seen.problem = undefined;
  });
  return seen;
}
