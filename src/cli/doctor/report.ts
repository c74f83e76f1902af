import { columnsOf, say, wrap } from "../terminal.js";
import { write, writeJson } from "../vault/output.js";
import { count } from "../vault/text.js";
import { type Check, checks, type Finding } from "./finding.js";
import { withoutSecrets } from "./without-secrets.js";

/** Where the standard output is no terminal, in columns. */
const COLUMNS = 80;

/** Tells what was found. @returns the exit code */
export function report(found: readonly Finding[], secrets: readonly string[], json: boolean): number {
  const findings = found.map((finding) => printable(finding, secrets));
  const [problems, warnings] = [amount(findings, "problem"), amount(findings, "warning")];
  if (json) writeJson({ problems, warnings, findings });
  else {
    write(`${sections(findings)}\n`);
    say(summary(problems, warnings));
  }
  return problems > 0 ? 1 : 0;
}

function printable({ check, status, message, advice }: Finding, secrets: readonly string[]): Finding {
  const clean = (text: string) => withoutSecrets(text, secrets);
  return { check, status, message: clean(message), ...(advice !== undefined && { advice: clean(advice) }) };
}

function amount(findings: readonly Finding[], status: Finding["status"]): number {
  return findings.filter((finding) => finding.status === status).length;
}

function sections(findings: readonly Finding[]): string {
  const names = Object.keys(checks) as Check[];
  return names
    .map((name) => ({ title: checks[name], of: findings.filter(({ check }) => check === name) }))
    .filter(({ of }) => of.length > 0)
    .map(({ title, of }) => `${title}\n${of.map(paragraph).join("")}`)
    .join("\n");
}

function paragraph({ status, message, advice }: Finding): string {
  const columns = columnsOf(process.stdout) ?? COLUMNS;
  const said = wrap(`${status}: ${message}`.split(" "), columns, 4, 2);
  return advice === undefined
    ? said
    : said + wrap(`${status === "ok" ? "Note" : "To do"}: ${advice}`.split(" "), columns, 4);
}

function summary(problems: number, warnings: number): string {
  return `${problems === 0 ? "No problems" : count(problems, "problem")}, ${count(warnings, "warning")}.`;
}
