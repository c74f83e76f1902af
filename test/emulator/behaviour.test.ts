import { describe, expect, test } from "vitest";
import { parseBehaviour } from "../../src/emulator/behaviour.js";
import { type Behaviour, createNotionEmulator, defaultBehaviour } from "../../src/emulator/index.js";

test("the defaults are what the guide says", () => {
  expect(defaultBehaviour).toEqual({
    errorBody: "rfc",
    revokeUnknown: 200,
    revokeRefreshToken: 200,
    revokeKillsRefreshToken: true,
    revokeRefreshKillsAccessToken: false,
    refreshKillsAccessToken: true,
    refreshReplay: "invalid_grant",
    reauthorize: "new_pair",
    refreshToken: "string",
    oauthVersionHeader: "optional",
    bodies: "json_and_form",
    codeLifetime: 600_000,
    denialState: "echo",
    iat: "milliseconds",
    owner: "user",
    rateLimit: null,
    revokeRateLimit: null,
  });
});

describe("configure", () => {
  test("changes the switches it names and keeps the others", () => {
    const emulator = createNotionEmulator({ behaviour: { iat: "seconds" } });
    emulator.configure({ revokeUnknown: 400 });
    expect(emulator.behaviour).toEqual({ ...defaultBehaviour, iat: "seconds", revokeUnknown: 400 });
  });

  test.each<[string, unknown]>([
    ["revokeUnknown", "400"],
    ["revokeUnknown", 500],
    ["errorBody", "xml"],
    ["revokeKillsRefreshToken", 1],
    ["codeLifetime", -1],
    ["rateLimit", 0],
    ["revokeUnkown", 200],
    ["toString", 200],
  ])("refuses %s %j and changes nothing", (name, value) => {
    const emulator = createNotionEmulator();
    const changes = { iat: "seconds", [name]: value } as Partial<Behaviour>;
    expect(() => emulator.configure(changes)).toThrow(
      expect.objectContaining({ code: "ERR_EMULATOR_OPTION", option: `behaviour.${name}` }),
    );
    expect(emulator.behaviour).toEqual(defaultBehaviour);
  });
});

describe("a switch on the command line", () => {
  test.each([
    ["revokeUnknown=400", { revokeUnknown: 400 }],
    ["revokeKillsRefreshToken=false", { revokeKillsRefreshToken: false }],
    ["refreshToken=null", { refreshToken: "null" }],
    ["owner=partial_user", { owner: "partial_user" }],
    ["codeLifetime=1000", { codeLifetime: 1000 }],
    ["rateLimit=180", { rateLimit: 180 }],
    ["rateLimit=off", { rateLimit: null }],
  ])("%s", (text, expected) => {
    expect(parseBehaviour(text)).toEqual(expected);
  });

  test.each([
    "revokeUnknown",
    "=400",
    "revokeUnknown=",
    "revokeUnknown=401",
    "codeLifetime=",
    "codeLifetime=soon",
    "x=1",
  ])("%s is refused", (text) => {
    expect(() => parseBehaviour(text)).toThrow(TypeError);
  });
});
