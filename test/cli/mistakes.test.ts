/** What users get wrong: each mistake is one clear line on standard error and exit code 2. */
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { printable } from "../../src/cli/printable.ts";
import { type Finished, startVethlab, VETHLAB, vethlab } from "../support/command.ts";
import { type MachineState, machineState, nothingLeft } from "../support/machine.ts";
import { startAsNobody } from "../support/nobody.ts";
import { needs } from "../support/privilege.ts";

const CAPTURE = fileURLToPath(new URL("../captures/arp.pcap", import.meta.url));
const ON_LO = ["-I", "lo", "--source-ip", "10.0.0.1/24"] as const;

function expectOneLine({ code, stdout, stderr }: Finished, message: RegExp | string): void {
  expect(stderr).toMatch(message);
  expect(stderr.split("\n")).toHaveLength(2);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: none may reach the terminal.
  expect(stderr).not.toMatch(/[\x00-\x09\x0b-\x1f\x7f-\x9f]/);
  expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
}

test("no command's help is wider than a terminal of 80 columns", () => {
  const commands = [...vethlab("--help").stdout.matchAll(/^ {2}([a-z]+) {2,}\S/gm)].map((match) => match[1]!);
  expect(commands).toContain("simulate");
  for (const command of new Set(commands.filter((name) => name !== "help"))) {
    const { stdout } = vethlab(command, "--help");
    expect(stdout.split("\n").filter((line) => line.length > 80)).toEqual([]);
  }
});

describe.concurrent("one line and exit code 2", () => {
  test.each<[args: string[], message: RegExp]>([
    [["pin"], /^vethlab: unknown command 'pin' \(Did you mean ping\?\); `vethlab --help` shows/],
    [["help", "snif"], /^vethlab: unknown command 'snif' \(Did you mean sniff\?\);/],
    [["constructor"], /^vethlab: unknown command 'constructor';/],
    [["-x"], /^vethlab: unknown option '-x';/],
    [["ping"], /^vethlab ping: missing required argument 'destination'; `vethlab ping --help` shows/],
    [["ping", "10.0.0.2"], /^vethlab ping: which interface\? Name it with -I, such as -I ve0$/m],
    [
      ["ping", ...ON_LO, "10.0.0"],
      /^vethlab ping: destination '10\.0\.0' is invalid: it must be an IPv4 address such as/,
    ],
    [
      ["ping", ...ON_LO, "-R", "10.0.0.2", "10.0.0.3"],
      /^vethlab ping: one destination goes with that: hosts before it/,
    ],
    [["ping", ...ON_LO, "-R", "-T", "tsonly", "10.0.0.2"], /^vethlab ping: only one of -T or -R may be used$/m],
    [["ping", ...ON_LO, "-T", "all", "10.0.0.2"], /'all' is invalid: it must be one of tsonly, tsandaddr, tsprespec;/],
    [["ping", ...ON_LO, "-T", "tsprespec", "10.0.0.2"], /^vethlab ping: -T tsprespec asks 1 to 4 hosts, named before/],
    [["ping", ...ON_LO, ...new Array(11).fill("10.0.0.2")], /^vethlab ping: a source route has at most 9 hops before/],
    [["ping", "--via", "kernel", "-R", "10.0.0.2"], /^vethlab ping: -R does not go with --via kernel:/],
    [
      ["ping", ...ON_LO, "-c", "0", "10.0.0.2"],
      /option '-c <count>' argument '0' is invalid: it must be a whole number/,
    ],
    [
      ["ping", ...ON_LO, "-c", "1e3", "10.0.0.2"],
      /argument '1e3' is invalid: it must be a whole number of at least 1;/,
    ],
    [
      ["ping", ...ON_LO, "-i", "-1", "10.0.0.2"],
      /'-i <interval>' argument '-1' is invalid: it must be a number of seconds/,
    ],
    [["ping", ...ON_LO, "-s", "65508", "10.0.0.2"], /'65508' is invalid: it must be a whole number from 0 to 65507;/],
    [["ping", ...ON_LO, "-t", "256", "10.0.0.2"], /'256' is invalid: it must be a whole number from 1 to 255;/],
    [["ping", ...ON_LO, "-p", "0xff", "10.0.0.2"], /^vethlab ping: patterns must be specified as hex digits: xff$/m],
    [["ping", ...ON_LO, "--source-mac", "02:00", "10.0.0.2"], /'02:00' is invalid: it must be a MAC address such as/],
    [["ping", ...ON_LO, "--source-mac", "ff:ff:ff:ff:ff:ff", "10.0.0.2"], /is invalid: it is a group address/],
    [["ping", "-I", "lo", "--source-ip", "127.0.0.1", "10.0.0.2"], /it must be an address of one host: not loopback/],
    [["ping", ...ON_LO, "--gateway", "224.0.0.1", "10.0.0.2"], /'--gateway <address>' .* an address of one host/],
    [
      ["ping", ...ON_LO, "--gateway", "10.9.9.9", "10.8.0.2"],
      /gateway 10.9.9.9 is not on the network of 10.0.0.1\/24$/m,
    ],
    [["ping", ...ON_LO, "--gateway", "10.0.0.1", "10.8.0.2"], /gateway 10.0.0.1 is the asking host itself$/m],
    [["trace", "-i", "lo", "-s", "10.0.0.1/24", "--gateway", "10.0.1.1", "10.8.0.2"], /gateway 10.0.1.1 is not on the/],
    [["ping", ...ON_LO, "--via", "carrier", "10.0.0.2"], /it must be one of packet, cap, kernel;/],
    [["ping", ...ON_LO, "--via", "kernel", "10.0.0.2"], /--source-ip does not go with --via kernel/],
    [["ping", ...ON_LO, "--source_ip", "10.0.0.1", "10.0.0.2"], /'--source_ip' \(Did you mean --source-ip\?\)/],
    [["arping", "10.0.0.2"], /^vethlab arping: required option '-I <interface>' not specified;/],
    [["arping", "-I", "lo", "10.0.0.2.3"], /^vethlab arping: destination '10\.0\.0\.2\.3' is invalid/],
    [["arping", "-I", "lo", "--duplicate", "10.0.0.2"], /\(Did you mean --duplicates\?\)/],
    [["arping", "-I", "lo", "--vlan", "4095", "10.0.0.2"], /it must be a whole number from 1 to 4094;/],
    [["claim", "-I", "lo"], /^vethlab claim: say which address to claim, such as 10\.0\.0\.2\/24, or --link-local$/m],
    [["claim", "10.0.0.2"], /^vethlab claim: required option '-I <interface>' not specified;/],
    [
      ["claim", "-I", "lo", "10.0.0.255/24"],
      /'10\.0\.0\.255\/24' is invalid: .* this one stands for its whole network;/,
    ],
    [["claim", "-I", "lo", "--link-local", "10.0.0.2"], /they go from 169\.254\.1\.0 to 169\.254\.254\.255$/m],
    [["claim", "-I", "lo", "--link-local", "--defend", "always"], /--defend always is not for link-local addresses/],
    [["claim", "-I", "lo", "--defend", "twice", "10.0.0.2"], /it must be one of never, once, always;/],
    [["claim", "-I", "lo", "--scale", "0", "10.0.0.2"], /'0' is invalid: it must be a number above 0, up to 1000;/],
    [["claim", "-I", "lo", "127.0.0.1"], /it must be an address of one host: not loopback/],
    [["answer", "-I", "lo"], /^vethlab answer: required option '--ip <address>' not specified;/],
    [
      ["answer", "-I", "lo", "--ip", "10.0.0.2/33"],
      /'10\.0\.0\.2\/33' is invalid: it must be an IPv4 address, with or/,
    ],
    [["answer", "-I", "lo", "--ip", "10.0.0.255/24"], /is invalid: .* this one stands for its whole network;/],
    [
      ["answer", "-I", "lo", "--ip", "10.0.0.2", "--mac", "00:00:00:00:00:00"],
      /a station's address is not all zeros;/i,
    ],
    [
      ["answer", "-I", "lo", "--ip", "10.0.0.2", "--proxy-arp", "10.0.0"],
      /'10\.0\.0' is invalid: it must be an IPv4 address or network, such as 10\.0\.9\.0\/24;/,
    ],
    [
      ["answer", "-I", "lo", "--ip", "10.0.0.2", "--neighbour", "10.0.0.1"],
      /'10\.0\.0\.1' is invalid: it must be an address and its MAC address, such as 10\.0\.0\.1=02:00:00:00:00:01;/,
    ],
    [
      ["answer", "-I", "lo", "--ip", "10.0.0.2", "--neighbour", "10.0.0.1=ff:ff:ff:ff:ff:ff"],
      /is invalid: it is a group address/,
    ],
    [["answer", "-I", "lo", "--ip", "10.0.0.2", "--arp-ignore", "9"], /it must be a whole number from 0 to 8;/],
    [["answer", "-I", "lo", "--ip", "10.0.0.2", "--jsno"], /unknown option '--jsno' \(Did you mean --json\?\)/],
    [
      ["answer", "-I", "lo", "--ip", "10.0.0.2", "--impair", "delay 10"],
      /argument 'delay 10' is invalid: it cannot be read: delay 10: write a time with its unit, such as 10ms;/,
    ],
    [["answer", "-I", "lo", "--ip", "10.0.0.2", "--impair", "mtu 9", "--gear", "spin"], /goes with --gear event:/],
    [
      ["ping", "--via", "kernel", "--impair", "mtu 9", "10.0.0.2"],
      /^vethlab ping: --impair does not go with --via kernel/,
    ],
    [["simulate", "--hosts", "1"], /argument '1' is invalid: it must be a whole number from 2 to 200;/],
    [
      ["simulate", "--impair", "reorder 1%"],
      /^vethlab simulate: reorder: it needs a delay that frames can go ahead of$/m,
    ],
    [
      ["simulate", "-w", "/nowhere/a.pcapng"],
      /^vethlab simulate: cannot write \/nowhere\/a\.pcapng: no such file or directory$/m,
    ],
    [["answer", "-I", "lo", "--ip", "10.0.0.2", "10.0.0.3"], /^vethlab answer: it takes no argument, not 1;/],
    [["sniff"], /^vethlab sniff: look at what\? Name an interface with -i, or a file with -r$/m],
    [["sniff", "-i", "lo", "-r", "x"], /^vethlab sniff: -i and -r do not go together/],
    [["sniff", "-i", "lo", "-Q", "up"], /it must be one of in, out, inout;/],
    [["sniff", "-i", "lo", "--explian"], /\(Did you mean --explain\?\)/],
    [["sniff", "-r", "/nowhere/x.pcap"], /^vethlab sniff: \/nowhere\/x\.pcap: no such file or directory$/m],
    [["sniff", "-r", VETHLAB], /^vethlab sniff: \/.*\/vethlab: neither pcap nor pcapng/],
    [["sniff", "-r", ""], /'-r <file>' argument '' is invalid: it must not be empty;/],
    [["up", "../etc"], /cannot be a lab's name/],
    [["up", "--adress0", "10.0.0.1/24"], /\(Did you mean --address0\?\)/],
    [["up", "vltest", "--address0", "10.0.0.0/24"], /this one stands for its whole network;/],
    [["down", "vltest-none"], /^vethlab down: no lab named vltest-none: `vethlab status` shows those that are up$/m],
    [["status", "vltest"], /^vethlab status: it takes no argument, not 1;/],
    [["doctor", "--jsn"], /\(Did you mean --json\?\)/],
    [["shell", "--join"], /'--join <pid>' argument missing;/],
    [["demo", "6"], /^vethlab demo: act '6' is invalid: it must be a number from 1 to 5;/],
    [
      ["demo", "--pcap", "/nowhere/x.pcapng"],
      /cannot write the capture \/nowhere\/x\.pcapng: no such file .*--pcap FILE$/m,
    ],
  ])("%j", async (args, message) => {
    expectOneLine(await startVethlab(...args).done, message);
  });

  test("control characters in every place are shown as escapes", async () => {
    const text = "\x1b[31mred\n\r\x07\x9b2J\u202e";
    for (const args of [
      [text],
      ["ping", text],
      ["ping", `--${text}`],
      ["ping", "-I", text, "10.0.0.2"],
      ["ping", "-I", "lo", "--netns", text, "10.0.0.2"],
      ["answer", "-I", "lo", "--ip", "10.0.0.2", "--mac", text],
      ["sniff", "-r", text],
      ["sniff", "-r", CAPTURE, "-w", `/nowhere/${text}`],
      ["up", text],
      ["demo", "--pcap", `/nowhere/${text}`],
    ]) {
      const finished = await startVethlab(...args).done;
      expectOneLine(finished, "");
      expect(finished.stderr).toContain("\\x1b[31mred\\n\\r\\x07\\x9b2J\\u202e");
    }
  });

  test("an argument of 100,000 characters does not fill the screen", async () => {
    for (const args of [["x"], ["ping", "-I", "x"], ["sniff", "-r", "x"], ["sniff", "-i", "lo", "x"], ["up", "x"]]) {
      const finished = await startVethlab(...args.slice(0, -1), "x".repeat(100_000)).done;
      expectOneLine(finished, `${"x".repeat(199)}…`);
      expect(finished.stderr.length).toBeLessThan(600);
    }
  });
});

needs({ commands: ["tcpdump"] }).describe("a filter that libpcap refuses, in its own words", () => {
  test.concurrent.each<[args: string[], message: RegExp]>([
    [["sniff", "-i", "lo", "arp", "and"], /the filter "arp and": can't parse filter expression: syntax error$/m],
    [["sniff", "-i", "lo", "port", "99999"], /the filter "port 99999": illegal port number 99999 > 65535$/m],
    [["sniff", "-i", "lo", "ether", "host", "zz"], /the filter "ether host zz": unknown ether host 'zz'$/m],
  ])("%j", async (args, message) => {
    expectOneLine(await startVethlab(...args).done, message);
  });
});

test("printable keeps what can be printed", () => {
  expect(printable("10.0.0.2 (½ „ü“ 漢字 🙂)")).toBe("10.0.0.2 (½ „ü“ 漢字 🙂)");
  expect(printable("a\tb\0c\u2028d")).toBe("a\\tb\\x00c\\u2028d");
  expect(printable(`${"y".repeat(200)} ${"z".repeat(201)}`)).toBe(`${"y".repeat(200)} ${"z".repeat(200)}…`);
});

needs({ netns: true }).describe("interfaces and namespaces that are not there", () => {
  const commands = [
    ["ping", "-I", "IFACE", "--source-ip", "10.0.0.1/24", "10.0.0.2"],
    ["ping", "--via", "cap", "-I", "IFACE", "--source-ip", "10.0.0.1/24", "10.0.0.2"],
    ["arping", "-I", "IFACE", "10.0.0.2"],
    ["answer", "-I", "IFACE", "--ip", "10.0.0.2"],
    ["sniff", "-i", "IFACE"],
  ];
  test.concurrent.each(commands)("%s %s %s", async (...words) => {
    const run = (name: string, ...more: string[]) =>
      startVethlab(...words.map((word) => (word === "IFACE" ? name : word)), ...more).done;
    expectOneLine(await run("nope"), /: no interface nope here: `ip link` shows those that exist$/m);
    expectOneLine(
      await run("a/b"),
      /argument 'a\/b' is invalid: it must be an interface's name: 1 to 15 letters or digits/,
    );
    const netns = await run("lo", "--netns", "vltest-none");
    expectOneLine(netns, /: no network namespace named vltest-none: `ip netns list` shows those that have names$/m);
  });

  test.concurrent.each<[args: string[], message: RegExp]>([
    [["--netns", "4194304"], /: no process 4194304: give the PID of a running process/],
    [["--netns", "/nowhere/net"], /: no namespace at \/nowhere\/net$/m],
    [["--netns", VETHLAB], /vethlab is not a network namespace: name one, or give a PID or a path/],
    [["--netns", ""], /'--netns <namespace>' argument '' is invalid: it must not be empty;/],
    [["-I", "sixteencharacter"], /argument 'sixteencharacter' is invalid: it must be an interface's name/],
    [["-I", ""], /argument '' is invalid: it must be an interface's name/],
    [["192.168.9.9"], /^vethlab ping: connect: Network is unreachable$/m],
    [["10.0.0.255"], /^vethlab ping: Do you want to ping broadcast\?/],
  ])("ping %j", async (args, message) => {
    const destination = args.length === 1 ? [] : ["10.0.0.2"];
    expectOneLine(await startVethlab("ping", ...ON_LO, ...args, ...destination).done, message);
  });
});

needs({ root: true, commands: ["setpriv"] }).describe("an ordinary user without permission", () => {
  let before: MachineState;
  beforeAll(() => {
    before = machineState();
  });
  afterAll(() => nothingLeft(before));

  test.concurrent.each<[args: string[], message: RegExp]>([
    [
      ["ping", "-I", "lo", "10.0.0.2"],
      /no permission to open a packet socket on lo: run as root, or inside `vethlab shell`/,
    ],
    [["ping", "--via", "cap", "-I", "lo", "10.0.0.2"], /no permission to open a packet socket on lo: run as root/],
    [["arping", "-I", "lo", "10.0.0.2"], /no permission to open a packet socket on lo: run as root/],
    [["answer", "-I", "lo", "--ip", "10.0.0.2"], /no permission to open a packet socket on lo: run as root/],
    [["sniff", "-i", "lo"], /no permission to open a packet socket on lo: run as root/],
    [["ping", "--netns", "1", "-I", "lo", "10.0.0.2"], /no permission to open the namespace of 1 .*: run as root$/m],
    [["shell", "--join", "1"], /no process 1 that you may join/],
    [["up", "vltest"], /^vethlab up: lasting labs need root: use sudo, or `vethlab shell`/],
    [["down", "vltest"], /^vethlab down: lasting labs need root/],
    [["demo", "--pcap", "/root/x.pcapng"], /cannot write the capture \/root\/x\.pcapng: permission denied/],
    [["sniff", "-r", "/etc/shadow"], /^vethlab sniff: \/etc\/shadow: permission denied$/m],
  ])("%j", async (args, message) => {
    expectOneLine(await startAsNobody(...args).done, message);
  });

  needs({ netns: true, packages: ["raw-socket"] }).test("ping --via kernel", async () => {
    const finished = await startAsNobody("ping", "--via", "kernel", "127.0.0.1").done;
    expectOneLine(finished, /no permission to open a raw ICMP socket .*: run as root, or inside `vethlab shell`$/m);
  });
});
