import { execFileSync } from "node:child_process";
import { afterEach, expect, test } from "vitest";
import { startVethlab, vethlab } from "../support/command.ts";
import { leftBehind, machineState } from "../support/machine.ts";
import { describeNetns } from "../support/privilege.ts";

const LAB = "vltest";
const ip = (...args: string[]) => execFileSync("ip", args, { encoding: "utf8" });
const names = () => ip("netns", "list");

describeNetns("vethlab up, status, down", () => {
  afterEach(() => {
    for (const netns of [`${LAB}-a`, `${LAB}-b`]) if (names().includes(netns)) ip("netns", "delete", netns);
  });

  test("up makes what it says, status shows it, down removes it", () => {
    const before = machineState();
    const up = vethlab("up", LAB, "--address0", "10.0.0.1/24");
    expect(up).toMatchObject({ code: 0, stderr: "" });
    expect(up.stdout).toMatch(/^vltest is up: ve0 in the namespace vltest-a, ve1 in vltest-b\n/);
    const status = JSON.parse(vethlab("status", "--json").stdout) as { labs: { name: string; ends: unknown[] }[] };
    expect(status.labs.find((lab) => lab.name === LAB)?.ends).toMatchObject([
      { namespace: "vltest-a", interface: "ve0", present: true, up: true, running: true, addresses: ["10.0.0.1/24"] },
      { namespace: "vltest-b", interface: "ve1", present: true, up: true, running: true, addresses: [] },
    ]);
    expect(vethlab("status").stdout).toMatch(/vltest-a ve0 {2}up .* 10\.0\.0\.1\/24/);
    expect(vethlab("down", LAB)).toMatchObject({ code: 0, stdout: "vltest is down: removed vltest-a and vltest-b\n" });
    expect(leftBehind(before, machineState())).toEqual([]);
  });

  test("up refuses a name that is taken, and leaves what is there", () => {
    expect(vethlab("up", LAB).code).toBe(0);
    const again = vethlab("up", LAB);
    expect(again.code).toBe(2);
    expect(again.stderr).toBe(
      "vethlab up: the namespace vltest-a exists already: `vethlab down vltest` removes a lab, or choose another name\n",
    );
    expect(ip("-n", `${LAB}-a`, "link", "show", "dev", "ve0")).toContain("vethlab:vltest");
  });

  test("up that fails half-way takes back what it made", () => {
    const before = machineState();
    const up = vethlab("up", LAB, "--address0", "0.0.0.0/24", "--address1", "127.0.0.1/8");
    if (up.code === 0) expect(vethlab("down", LAB).code).toBe(0);
    else expect(up.stderr.trim().split("\n")).toHaveLength(1);
    expect(leftBehind(before, machineState())).toEqual([]);
  });

  test("a signal at any moment of up leaves a whole lab or none", async () => {
    for (const delay of [60, 100, 120, 140, 160, 200])
      for (const signal of ["SIGINT", "SIGTERM"] as const) {
        const before = machineState();
        const up = startVethlab("up", LAB);
        await new Promise((resolve) => setTimeout(resolve, delay));
        up.child.kill(signal);
        await up.done;
        if (names().includes(`${LAB}-`)) expect(vethlab("down", LAB)).toMatchObject({ code: 0, stderr: "" });
        expect(leftBehind(before, machineState())).toEqual([]);
      }
  });

  test("down touches nothing that up did not label", () => {
    ip("netns", "add", `${LAB}-a`);
    const down = vethlab("down", LAB);
    expect(down.code).toBe(2);
    expect(down.stderr).toMatch(
      /was not made by `vethlab up vltest`, .*: left alone; `ip netns delete vltest-a` removes it/,
    );
    expect(names()).toContain(`${LAB}-a`);
  });

  test.each([["../etc"], [""], ["a b"]])("the name %j is refused", (name) => {
    const { code, stderr } = vethlab("up", name);
    expect(code).toBe(2);
    expect(stderr).toMatch(/cannot be a lab's name/);
  });

  test("down of a lab that is not there", () => {
    expect(vethlab("down", LAB)).toMatchObject({
      code: 2,
      stderr: "vethlab down: no lab named vltest: `vethlab status` shows those that are up\n",
    });
  });
});
