// @ts-check

/** Runs `stop` once, when this process is to end: told by a signal, or because the one that started it is gone. @param {() => Promise<void>} stop */
export function onStop(stop) {
  let isStopping = false;
  const begin = () => {
    if (isStopping) return;
    isStopping = true;
    void stop();
  };
  for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, begin);
  process.once("disconnect", begin);
}
