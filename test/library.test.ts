import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { needs } from "./support/privilege.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const node = (...args: string[]) => execFileSync(process.execPath, args, { cwd: root, encoding: "utf8" });

// The package refers to itself by its name, so the exports map is what is tested.
test("`vethlab` and `vethlab/packets` can be imported", () => {
  const names = node("--input-type=module", "-e", 'console.log(Object.keys(await import("vethlab")).join())');
  for (const name of [
    "Lab",
    "Host",
    "Router",
    "SendResult",
    "dropText",
    "SimulatedWire",
    "VirtualClock",
    "openPacketLink",
    "NetworkNamespace",
    "judge",
    "VERSION",
  ])
    expect(names.trim().split(",")).toContain(name);
  const packets = node("--input-type=module", "-e", 'console.log(Object.keys(await import("vethlab/packets")).join())');
  for (const name of ["arp", "ethernet", "icmp", "ipv4", "vlan", "mac", "checksum", "Fault", "FrameCursor"])
    expect(packets.trim().split(",")).toContain(name);
});

test("the program in docs/routing.md says what its last line says", () => {
  const code = /^```js\n(.*?)^```$/ms.exec(readFileSync(`${root}/docs/routing.md`, "utf8"))![1]!;
  const wanted = /\/\/ (.*)\n$/.exec(code)![1]!;
  expect(node("--input-type=module", "-e", code)).toBe(`${wanted}\n`);
});

needs({ netns: true }).test("the example runs, and the README shows it as it is", () => {
  const text = node("examples/ping.mjs");
  expect(text).toMatch(/^arp-miss$/m);
  expect(text).toMatch(/^10\.0\.0\.2 answered after [\d.]+ ms, ttl 64$/m);
  const example = readFileSync(`${root}/examples/ping.mjs`, "utf8");
  const code = example.replace(/^\/\/.*\n/gm, "").trim();
  const readme = readFileSync(`${root}/README.md`, "utf8");
  expect(readme).toContain(code);
  expect(code.split("\n").length).toBeLessThanOrEqual(20);
});
