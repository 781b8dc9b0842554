import { existsSync, rmSync, symlinkSync, utimesSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { FakeCheckout } from "../support/fake-checkout.ts";
import { needs } from "../support/privilege.ts";

const { describe: describeWithFlock } = needs({ commands: ["flock"] });
const { test: testWithIp } = needs({ commands: ["ip"] });

let checkout: FakeCheckout;
beforeEach(() => {
  checkout = new FakeCheckout();
});
afterEach(() => checkout.remove());

const build = () => checkout.run("scripts/setup.js", "--build");

describe("set-up", () => {
  test("installs and builds once, and says so on standard error", async () => {
    const first = await build();
    expect(first).toMatchObject({ code: 0, stdout: "" });
    expect(first.stderr).toMatch(/^set-up: installing dependencies \(npm ci\) … {2}done in .* s\nset-up: building/);
    expect(checkout.calls()).toEqual(["npm ci", "tsc"]);
    expect(await build()).toEqual({ code: 0, stdout: "", stderr: "" });
    expect(checkout.calls()).toEqual([]);
  });

  test("builds again when a source changes, whatever its date", async () => {
    await build();
    checkout.calls();
    checkout.write("src/cli/main.ts", "export async function main() { return 0; }");
    utimesSync(checkout.path("src/cli/main.ts"), 0, 0);
    await build();
    expect(checkout.calls()).toEqual(["tsc"]);
  });

  test("installs again when the lock file changes", async () => {
    await build();
    checkout.calls();
    checkout.write(
      "package-lock.json",
      JSON.stringify({ packages: { "node_modules/typescript": { version: "7.0.1" } } }),
    );
    await build();
    expect(checkout.calls()).toEqual(["npm ci", "tsc"]);
  });

  test("accepts an installation made by hand", async () => {
    await build();
    checkout.calls();
    rmSync(checkout.path("node_modules/.vethlab-set-up.json"));
    await build();
    expect(checkout.calls()).toEqual([]);
  });

  test.each([
    ["npm was cut short", "node_modules/.package-lock.json"],
    ["a package is gone", "node_modules/typescript"],
  ])("installs again when %s", async (_, gone) => {
    await build();
    checkout.calls();
    rmSync(checkout.path(gone), { recursive: true });
    rmSync(checkout.path("node_modules/.vethlab-set-up.json"));
    await build();
    expect(checkout.calls()).toEqual(["npm ci"]);
  });

  test("a failed build says what is wrong, exits 2 and is tried again", async () => {
    checkout.write("src/cli/main.ts", "a mistake");
    const failed = await build();
    expect(failed.code).toBe(2);
    expect(failed.stderr).toContain("set-up: the build failed; what tsc said is below\nsrc/cli/main.ts(1,1): error");
    expect(checkout.calls()).toEqual(["npm ci", "tsc"]);
    await build();
    expect(checkout.calls()).toEqual(["tsc"]);
  });

  test("a failed npm ci says what npm said, exits 2 and is tried again", async () => {
    checkout.write("npm-cli.js", 'console.error("npm error E418"); process.exit(1);');
    const failed = await build();
    expect(failed.code).toBe(2);
    expect(failed.stderr).toContain("set-up: npm ci failed; what it said is below\nnpm error E418");
    expect(existsSync(checkout.path("dist"))).toBe(false);
  });

  test("what npm silently left out is noticed", async () => {
    const platform = { version: "1.0.0", optional: true, os: ["linux"], cpu: [process.arch] };
    const packages = {
      "node_modules/typescript": { version: "7.0.0" },
      "node_modules/@x/binary": platform,
      "node_modules/@x/elsewhere": { ...platform, os: ["darwin"] },
      "node_modules/compiled": { version: "1.0.0", optional: true },
    };
    checkout.write("package-lock.json", JSON.stringify({ packages }));
    const failed = await build();
    expect(failed.code).toBe(2);
    expect(failed.stderr).toContain("set-up: npm ci left out @x/binary: try again");
  });

  test.each(["SIGINT", "SIGTERM"] as const)("%s ends it and its children", async (signal) => {
    checkout.write("hold", "");
    const { child, ended } = checkout.start("scripts/setup.js", "--build");
    await checkout.called();
    child.kill(signal);
    expect((await ended).code).toBe(signal === "SIGINT" ? 130 : 143);
    // Had npm gone on, the next one would wait for it.
    rmSync(checkout.path("hold"));
    expect((await build()).stderr).not.toContain("waiting");
    expect(checkout.calls()).toEqual(["npm ci", "npm ci", "tsc"]);
  });
});

describeWithFlock("two set-ups at once", () => {
  test("one does the work, the other waits", async () => {
    checkout.write("hold", "");
    const first = checkout.start("scripts/setup.js", "--build");
    await checkout.called();
    const second = checkout.start("scripts/setup.js", "--build");
    await second.said("set-up: waiting for another set-up of this checkout\n");
    rmSync(checkout.path("hold"));
    expect(await first.ended).toMatchObject({ code: 0 });
    expect(await second.ended).toMatchObject({ code: 0 });
    expect(checkout.calls()).toEqual(["npm ci", "tsc"]);
  });

  test("what a killed one started is waited for", async () => {
    checkout.write("hold", "");
    const first = checkout.start("scripts/setup.js", "--build");
    await checkout.called();
    first.child.kill("SIGKILL");
    const second = checkout.start("scripts/setup.js", "--build");
    await second.said("waiting for another");
    rmSync(checkout.path("hold"));
    expect(await second.ended).toMatchObject({ code: 0 });
    expect(checkout.calls()).toEqual(["npm ci", "tsc"]);
  });
});

describe("the demo's script", () => {
  testWithIp(
    "runs the command in its own process, with the parent's id, and passes arguments and exit code on",
    async () => {
      const { code, stdout } = await checkout.run("scripts/demo.js", "1", "--json");
      expect(code).toBe(3);
      expect(JSON.parse(stdout)).toEqual({ argv: ["demo", "1", "--json"], parent: String(process.pid) });
    },
  );
});

describe("bin/vethlab", () => {
  test("says what to do before set-up", async () => {
    const { code, stderr } = await checkout.run("bin/vethlab");
    expect(code).toBe(2);
    expect(stderr).toBe(`vethlab is not set up yet; type: npm --prefix "${checkout.folder}" run setup\n`);
  });

  test("runs through a symbolic link", async () => {
    await build();
    symlinkSync(checkout.path("bin/vethlab"), checkout.path("vethlab-link"));
    const { code, stdout } = await checkout.run("vethlab-link", "status");
    expect(code).toBe(3);
    expect(JSON.parse(stdout)).toEqual({ argv: ["status"] });
  });
});
