// The child's end of `child.mjs`.

/** Answers the parent's questions: `functions` by name, each with one argument. Tells the parent that the process is ready. */
export function answer(functions) {
  process.on("message", async ({ id, name, argument }) => {
    try {
      process.send({ id, value: await functions[name](argument) });
    } catch (error) {
      process.send({ id, error: error instanceof Error ? error.stack : String(error) });
    }
  });
  process.on("disconnect", () => process.exit());
  process.send({ ready: true });
}
