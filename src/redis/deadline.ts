/** How long any call may take, in ms: the app's client may have no deadline of its own. Less than anybody waits for an answer of a vault. */
export const DEADLINE = 2500;

/** Gives up after so many ms. What was given up may still happen. */
export async function within<T>(ms: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const expired = new Promise<never>((_resolve, reject) => {
    const giveUp = () => reject(new Error(`Redis did not answer within ${ms} ms.`));
    // Where the event loop was blocked, the answer may lie in the socket: it is read first.
    timer = setTimeout(() => setImmediate(giveUp), ms);
  });
  try {
    return await Promise.race([work, expired]);
  } finally {
    clearTimeout(timer);
  }
}
