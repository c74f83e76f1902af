import { timerFor } from "../timer.js";

/**
 * What `call` resolves with, or a rejection after `ms` without an answer: a server that hangs, and a client that queues
 * commands until it is connected again, must not hold up a request.
 *
 * The command itself cannot be taken back. `onLate` gets an answer that came after all, to undo what it did.
 */
export async function answerWithin<T>(ms: number, call: () => Promise<T>, onLate?: (answer: T) => void): Promise<T> {
  let late = false;
  let timer: NodeJS.Timeout | undefined;
  const answer = (async () => call())();
  answer.then(
    (value) => {
      if (late) {
        onLate?.(value);
      }
    },
    // Rejects the race below, or came too late to tell anybody anything.
    () => {},
  );
  const deadline = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      late = true;
      reject(new Error("There was no answer in time."));
    }, timerFor(ms));
    timer.unref();
  });
  try {
    return await Promise.race([answer, deadline]);
  } finally {
    clearTimeout(timer);
  }
}
