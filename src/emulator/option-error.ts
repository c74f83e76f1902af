/** Code of every `TypeError` that a wrong option, fault or switch of the emulator throws. */
export type OptionErrorCode = "ERR_EMULATOR_OPTION";

/** A programmer's mistake: a `TypeError` with a code that names the option. */
export function optionError(option: string, message: string): TypeError & { code: OptionErrorCode; option: string } {
  return Object.assign(new TypeError(`${option} ${message}`), { code: "ERR_EMULATOR_OPTION" as const, option });
}
