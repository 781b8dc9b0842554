import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { describeNetns, missing, needs, privilege } from "./privilege.ts";

describe("what tests need", () => {
  test("names what is absent, and how to get it", () => {
    expect(missing({})).toBe("");
    expect(missing({ commands: ["sh", "no-such-command"] })).toBe(
      "no no-such-command (apt-get install no-such-command)",
    );
    expect(missing({ packages: ["no-such-package"] })).toMatch(/^no optional package no-such-package/);
    expect(missing({ netns: true }) === "").toBe(privilege !== "none");
  });
});

describeNetns("a namespace for tests", () => {
  needs({ commands: ["ip"] }).test("veth pairs can be made, and named namespaces", () => {
    const name = `vl-try-${process.pid}`;
    expect(spawnSync("ip", ["netns", "add", name]).status).toBe(0);
    try {
      expect(existsSync(`/run/netns/${name}`)).toBe(true);
      const args = ["-n", name, "link", "add", "name", "ve0", "type", "veth", "peer", "name", "ve1"];
      expect(spawnSync("ip", args).status).toBe(0);
    } finally {
      spawnSync("ip", ["netns", "del", name]);
    }
    expect(existsSync(`/run/netns/${name}`)).toBe(false);
  });
});
