/** What an error says, without the stop at its end. Several addresses of a host may have failed, each with a sentence of its own. */
export function sayingOf(error: unknown): string {
  const one = error instanceof AggregateError && error.message === "" ? (error.errors[0] as unknown) : error;
  const message = one instanceof Error ? one.message : "";
  return message.replace(/[.\s]+$/, "") || "it does not say why";
}
