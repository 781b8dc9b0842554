import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { start, startVethlab, VETHLAB, vethlab } from "../support/command.ts";
import { leftBehind, machineState, nothingLeft } from "../support/machine.ts";
import { describeNetns, needs, privilege } from "../support/privilege.ts";
import { until } from "../support/until.ts";

describeNetns("vethlab shell", () => {
  test("runs a command in a fresh lab: both ends up, lo up, no address; and passes its exit code on", () => {
    const links = vethlab("shell", "--", "ip", "-brief", "address");
    expect(links.stderr).toBe("");
    expect(links.stdout).toMatch(/^lo +UNKNOWN +127\.0\.0\.1\/8 *\n/);
    expect(links.stdout).toMatch(/^ve0@ve1 +UP *$/m);
    expect(links.stdout).toMatch(/^ve1@ve0 +UP *$/m);
    expect(vethlab("shell", "--", "sh", "-c", "exit 7").code).toBe(7);
  });

  test("has processes, /sys and named namespaces of its own", () => {
    const before = machineState();
    const script = "echo $$; ls /sys/class/net; ip netns add mine; ip netns list; which vethlab";
    const seen = vethlab("shell", "--", "bash", "-c", script);
    expect(seen.stdout).toBe(`1\nlo\nve0\nve1\nmine\n${VETHLAB}\n`);
    expect(leftBehind(before, machineState())).toEqual([]);
  });

  // SIGKILL tells nobody: only the kernel can clean up. The delays fall into start-up, building, and running.
  test.each(
    (["SIGINT", "SIGTERM", "SIGKILL"] as const).flatMap((signal) =>
      [40, 120, 160, 250, 600].map((delay) => [signal, delay] as const),
    ),
  )("%s after %i ms leaves nothing behind", async (signal, delay) => {
    const before = machineState();
    const shell = startVethlab("shell", "--", "sh", "-c", "sleep 777 & sleep 778");
    await new Promise((resolve) => setTimeout(resolve, delay));
    process.kill(shell.pid, signal);
    await shell.done;
    await nothingLeft(before);
  });

  test("a second console joins it, and sees the same interfaces and processes", async () => {
    const before = machineState();
    const shell = startVethlab("shell", "--", "sh", "-c", "ip link set dev ve0 alias here; echo ready; sleep 777");
    await until(() => shell.stdout().includes("ready"));
    const seen = vethlab("shell", "--join", String(shell.pid), "--", "sh", "-c", "ip link show ve0; pwd; ps ax");
    expect(seen.stdout).toContain(`\n${process.cwd()}\n`);
    expect(seen.stdout).toContain("alias here");
    expect(seen.stdout).toMatch(/ 1 .* sh -c ip link set/);
    process.kill(shell.pid, "SIGTERM");
    expect((await shell.done).code).toBe(143);
    await nothingLeft(before);
  });

  test.each([
    ["4194304", /no process 4194304/],
    [String(process.pid), /is not in a lab/],
    ["x", /must be a whole number/],
  ])("--join %s is refused with one line", (pid, message) => {
    const { code, stderr } = vethlab("shell", "--join", pid);
    expect(code).toBe(2);
    expect(stderr).toMatch(message);
    expect(stderr.trim().split("\n")).toHaveLength(1);
  });

  if (privilege === "root") {
    needs({ netns: true, commands: ["setpriv"] }).test(
      "works for an ordinary user, and leaves nothing behind",
      async () => {
        const before = machineState();
        const nobody = ["--reuid=65534", "--regid=65534", "--clear-groups", "--inh-caps=-all"];
        const env = { HOME: "/tmp" };
        const seen = await start(
          "setpriv",
          [...nobody, process.execPath, VETHLAB, "shell", "--", "ip", "-br", "link"],
          env,
        ).done;
        expect(seen.stderr).toBe("");
        expect(seen.stdout).toMatch(/^ve0@ve1 +UP/m);
        for (const signal of ["SIGINT", "SIGTERM", "SIGKILL"] as const)
          for (const delay of [80, 200, 600]) {
            const shell = start("setpriv", [...nobody, process.execPath, VETHLAB, "shell", "--", "sleep", "777"], env);
            await new Promise((resolve) => setTimeout(resolve, delay));
            process.kill(shell.pid, signal);
            await shell.done;
            await nothingLeft(before);
          }
      },
    );
  }
});

test("the shell's start-up file is in the package", () => {
  expect(readFileSync(new URL("../../scripts/shellrc", import.meta.url), "utf8")).toContain("PS1=");
});
