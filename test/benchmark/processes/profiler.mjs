// Node's own sampling profiler, for the process it runs in.
import { Session } from "node:inspector/promises";

/** Between two samples, in µs. */
const INTERVAL = 200;

export function createProfiler() {
  let session;
  return {
    async start() {
      session = new Session();
      session.connect();
      await session.post("Profiler.enable");
      await session.post("Profiler.setSamplingInterval", { interval: INTERVAL });
      await session.post("Profiler.start");
    },
    /** @returns µs by function: `{ name, file, line, self }` */
    async end() {
      const { profile } = await session.post("Profiler.stop");
      session.disconnect();
      const byId = new Map(profile.nodes.map((node) => [node.id, node.callFrame]));
      const found = new Map();
      for (const [index, id] of profile.samples.entries()) {
        const { functionName: name, url, lineNumber } = byId.get(id);
        const key = `${name} ${url}:${lineNumber}`;
        const known = found.get(key) ?? { name, file: url, line: lineNumber + 1, self: 0 };
        known.self += profile.timeDeltas[index];
        found.set(key, known);
      }
      return [...found.values()];
    },
  };
}
