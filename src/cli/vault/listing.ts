import type { RevocationSummary } from "../../lifecycle/ending/revocation-operations.js";
import { wrap } from "../terminal.js";
import { shortDuration, table } from "./text.js";

/**
 * Revocations as a table; where a terminal is too narrow for that, as a few short lines each.
 * @param columns of the terminal; undefined for programs, which get the table
 * @param hasNext whether they are tried again
 */
export function listing(
  revocations: readonly RevocationSummary[],
  columns: number | undefined,
  { hasNext }: { readonly hasNext: boolean },
): string {
  if (revocations.length === 0) return "";
  // With the longest words that we write ourselves, 80 characters.
  const headings = ["ID", "WHY", "AGE", "TRIES", ...(hasNext ? ["NEXT"] : []), "LAST FAILURE"];
  const rows = revocations.map((one) => [
    ...[one.id, why(one), age(one), String(one.attempts)],
    ...(hasNext ? [next(one)] : []),
    one.cause ?? "",
  ]);
  const whole = table(headings, rows);
  const isRoom = columns === undefined || whole.split("\n").every((line) => line.length <= columns);
  return isRoom ? whole : revocations.map((one) => record(one, columns, hasNext)).join("");
}

function record(one: RevocationSummary, columns: number, hasNext: boolean): string {
  const facts = [
    one.since === undefined ? why(one) : `${why(one)} ${age(one)} ago`,
    `${one.attempts} ${one.attempts === 1 ? "try" : "tries"}`,
    ...(hasNext ? [`next ${next(one)}`] : []),
    ...(one.cause === undefined ? [] : [one.cause]),
  ];
  const words = facts.map((fact, index) => (index < facts.length - 1 ? `${fact},` : fact));
  return `${one.id}\n${wrap(words, columns, 2)}`;
}

function why({ reason }: RevocationSummary): string {
  return reason ?? "unreadable";
}

function age({ since }: RevocationSummary): string {
  return since === undefined ? "" : shortDuration(Date.now() - since);
}

function next({ dueIn }: RevocationSummary): string {
  if (dueIn === null) return "never";
  return dueIn < 500 ? "now" : shortDuration(dueIn);
}
