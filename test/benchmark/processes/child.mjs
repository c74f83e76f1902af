import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";

const children = new Set();
process.on("exit", () => {
  for (const child of children) child.kill("SIGKILL");
});

/** Starts one of the processes beside this file. `ask(name, argument)` calls a function in it, `end()` ends it. */
export async function startChild(file, args = [], env = { NODE_ENV: "test" }) {
  const child = fork(fileURLToPath(new URL(file, import.meta.url)), [JSON.stringify(args)], {
    execArgv: ["--expose-gc"],
    env: { ...process.env, DEBUG: "", ...env },
  });
  children.add(child);
  const waiting = new Map();
  let lastId = 0;
  const ready = new Promise((resolve, reject) => {
    child.on("message", ({ ready: isReady, id, value, error }) => {
      if (isReady) return resolve();
      const { done, failed } = waiting.get(id);
      waiting.delete(id);
      if (error === undefined) done(value);
      else failed(new Error(error));
    });
    child.on("exit", (code) => {
      children.delete(child);
      const error = new Error(`${file} ${JSON.stringify(args)} ended with ${code}.`);
      reject(error);
      for (const { failed } of waiting.values()) failed(error);
    });
  });
  await ready;
  return {
    ask(name, argument) {
      lastId += 1;
      const id = lastId;
      return new Promise((done, failed) => {
        waiting.set(id, { done, failed });
        child.send({ id, name, argument });
      });
    },
    async end() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = new Promise((resolve) => child.once("exit", resolve));
      child.kill("SIGKILL");
      await ended;
    },
  };
}
