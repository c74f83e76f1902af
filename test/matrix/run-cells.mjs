// Lives once for every combination, on the runtime that runs this: run-cells.mjs <places as JSON>. Prints a line of JSON for each.
import { expresses, passports, vaults } from "./cells.mjs";
import { live } from "./life.mjs";
import { withPassport } from "./with-passport.mjs";

const places = JSON.parse(process.argv[2]);
// What apps are told is no news here.
process.removeAllListeners("warning");
process.on("warning", () => {});

/** Twice, if it has to be: a vault that a busy machine keeps waiting for 3 s is a 503, and what does not work here fails again. */
async function tryToLive(cell, expressPackage, passportPackage, openVault, isAgain = false) {
  try {
    const options = { openVault, isDurable: cell.vault !== "memory", express: (await import(expressPackage)).default };
    if (passportPackage !== undefined)
      options.passport = withPassport(new (await import(passportPackage)).default.Passport());
    await live(options);
    console.log(JSON.stringify({ ...cell, isAgain }));
  } catch (error) {
    if (!isAgain) return tryToLive(cell, expressPackage, passportPackage, openVault, true);
    console.log(JSON.stringify({ ...cell, error: String(error?.stack ?? error) }));
  }
}

for (const [express, expressPackage] of Object.entries(expresses))
  for (const [passport, passportPackage] of [["none"], ...Object.entries(passports)])
    await Promise.all(
      Object.entries(vaults).map(async ([vault, open]) => {
        const openVault = open(places);
        if (openVault) await tryToLive({ express, passport, vault }, expressPackage, passportPackage, openVault);
      }),
    );
process.exit();
