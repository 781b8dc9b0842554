import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseScripts, ScriptError } from "../../src/script/index.ts";
import { tokenize } from "../../src/script/tokens.ts";
import { mistakeIn } from "./support.ts";

describe("words of a line", () => {
  const words = (text: string) => tokenize(text, 1).map(({ text }) => text);
  test("commas are white space; a MAC address stays whole, a colon after it is a mark", () => {
    expect(words("eth 02:00:00:00:00:01 > *: arp request, who-has $a")).toEqual(
      ["eth", "02:00:00:00:00:01", ">", "*", ":", "arp", "request", "who-has", "$a"], // biome-ignore format: one line
    );
  });
  test("a comment ends the line, but not within a string", () => {
    expect(words('data "a # b" # c')).toEqual(["data", "a # b"]);
  });
  test("escapes in strings", () => expect(words('"a\\n\\"\\\\\\0"')).toEqual(['a\n"\\\0']));
  test("columns count from 1", () => expect(tokenize("  at +1", 1).map(({ column }) => column)).toEqual([3, 6]));
});

describe("tests in a file", () => {
  test("number, level, source and title", () => {
    const [script] = parseScripts(
      "# Head\ntest 2a MUST NOT RFC 826, Packet Reception: this: and that\ninject raw 00",
      "a/b.frames",
    );
    expect(script).toMatchObject({
      file: "a/b.frames",
      line: 2,
      heading: "Head",
      id: "2a",
      level: "MUST NOT",
      source: "RFC 826, Packet Reception",
      title: "this: and that",
    });
  });
  test("a file without a test line is one, named after the file", () => {
    const [script, ...others] = parseScripts("inject raw 00\nexpect nothing", "a/b.frames");
    expect(others).toEqual([]);
    expect(script).toMatchObject({ id: "", title: "b", heading: "b", line: 1 });
    expect(script!.steps).toHaveLength(2);
  });
  test("what is used before the first test holds for all, what is used in one for that one", () => {
    const text = "use mtu 700\ntest: a\nuse vlan 7\nwait 1\ntest: b\nwait 1";
    const setups = parseScripts(text, "x").map(({ setup }) => setup.interfaces[0]);
    expect(setups).toMatchObject([
      { mtu: 700, vlan: 7 },
      { mtu: 700, vlan: 0 },
    ]);
  });
  test("who is there unless told", () => {
    const { setup } = parseScripts("wait 1", "x")[0]!;
    expect(setup.stations).toEqual([{ ip: 0x0a000002, mac: 0x02000a000002, name: "peer", port: "eth0" }]);
    expect(setup.isArpAnswered).toBe(true);
  });
  test("a script that speaks of ARP sees it all", () => {
    expect(parseScripts("ignore arp request", "x")[0]!.setup.isArpAnswered).toBe(false);
    expect(parseScripts("use arp answered\nignore arp request", "x")[0]!.setup.isArpAnswered).toBe(true);
  });
  test("known differences", () => {
    const [script] = parseScripts("kernel differs: a: b\nnot on ours: c\nwait 1", "x");
    expect([...script!.differs]).toEqual([["kernel", "a: b"]]);
    expect([...script!.skipped]).toEqual([["simulated", "c"], ["host", "c"]]); // biome-ignore format: pairs
  });
});

describe("mistakes are told in one line, where they are", () => {
  test.each([
    ["", "1:1: there is no test in this file"],
    ["test: a", "1:1: this test has no steps"],
    ["injekt arp request", "1:1: `injekt` is no step: write inject, expect, let, host, wait, ignore or use"],
    ["inject arp", "1:11: expected `request`, `reply`, `probe`, `announcement` or `op N` after arp"],
    ["inject arp request who-has 10.0.0", "1:28: tpa takes an IPv4 address such as 10.0.0.2, not `10.0.0`"],
    ["inject arp request sha 02:00", "1:24: sha takes a MAC address such as 02:00:00:00:00:02, not `02:00`"],
    ["inject arp request op 65536", "1:23: op takes at most 65535, not `65536`"],
    [
      "inject arp request ttl 5",
      "1:20: arp has no field `ttl`: it has htype, ptype, hlen, plen, op, sha, spa, tha, tpa",
    ],
    ["inject ip $peer $host", "1:17: expected `>` between source and destination, not `$host`"],
    ["inject ip $peer > $host: arp request", "1:26: arp cannot follow ip"],
    ["inject udp 1 > 2", "1:8: udp cannot follow nothing"],
    ["inject ip $peer > $host: icmp hello", "1:31: expected a message such as `echo request`, or `type N`, after icmp"],
    [
      "inject ip $peer > $host: icmp echo request data x",
      "1:49: data takes a number of bytes, a string, `hex …`, `zeros N`, $NAME or *",
    ],
    [
      "inject ip $peer > $host: icmp echo request data hex 0",
      "1:53: expected bytes in hexadecimal digits, two for each",
    ],
    ['inject ip $peer > $host: data "abc', '1:31: this string has no closing "'],
    ["inject ip $pier > $host", "1:11: $pier holds nothing here; there are $peer, $peer.mac, $host, $host.mac"],
    ["inject ip $peer > $host ttl 1..5", "1:29: what is sent has one value: a range or !X is for expectations"],
    ["inject $d", "1:8: $d holds nothing here; there are $peer, $peer.mac, $host, $host.mac"],
    ["wait 745h", "1:6: a time is at most 744h, not `745h`"],
    ["at +745h wait 1", "1:4: a time is at most 744h, not `+745h`"],
    ["at +1..+745h expect nothing", "1:4: a time is at most 744h, not `+1..+745h`"],
    ["expect ip $host > $peer within soon", "1:32: a time is written 0.1, 100ms or 1min, not `soon`"],
    [
      "at 1..+2 expect nothing",
      "1:4: a moment is written +0.1 (after the last event), 2.5 (after the start) or +1..+2, not `1..+2`",
    ],
    ["at +2..+1 wait", "1:4: the window +2..+1 ends before it begins"],
    ["expect ip $host > $peer ttl 5..1", "1:29: the range 5..1 ends before it begins"],
    ["expect in any order {\narp request", "1:22: this block has no closing }"],
    [
      "expect nothing forever",
      "1:16: `forever` begins no frame: write eth, vlan, arp, ip, icmp, udp, data, quoting, raw, fragment or $NAME",
    ],
    ["wait 1 2", "1:8: `2` is one word too many here, or misspelt"],
    ["use hosts 10.0.0.1", /1:5: there is no setting `hosts`: there are base_reachable_time_ms, /],
    ["use mtu 5", "1:9: an MTU is a number from 68 to 65535, not `5`"],
    ["use router a 10.0.1.1/24 a 10.0.2.1/24", "1:26: there is an interface a already"],
    ["use router left 10.0.0.1/24", "1:28: a router is written `use router left 10.0.1.1/24 right 10.0.2.1/24`"],
    ["kernel differs\nwait 1", "1:15: after the device a colon and the reason: `kernel differs: …`"],
    ["linux differs: x\nwait 1", "1:1: `linux` is no device: there are simulated, host, kernel, and ours"],
    [
      "host jump",
      "1:6: expected what the host does: ping, udp bind, udp send, add address, remove address, claim, neighbour, forget neighbour(s)",
    ],
    ["host claim 10.0.0.9/24 defend twice", "1:31: an address is defended never, once or always, not `twice`"],
    ["expect claim $peer OLD", /`OLD` is no state of a claim: there are limited, waiting/],
    ["expect neighbour $peer OLD", /`OLD` is no state: there are INCOMPLETE/],
  ])("%s", (text, message) => {
    const told = mistakeIn(text);
    if (typeof message === "string") expect(told).toBe(`test.frames:${message}`);
    else expect(told).toMatch(message);
  });

  test("no text at all makes the reader fail otherwise than so", () => {
    const word = fc.constantFrom(
      ...'test use host router peer at expect inject nothing ip arp icmp udp eth vlan data quoting raw fragment > : { } = * $peer $host 1 0..8 +1 10.0.0.1/24 10.0.0.2 02:00:00:00:00:01 echo request reply within for as of let wait only kernel differs df ttl options hex 00ff "x" maybe in any order times every neighbour no'.split(
        " ",
      ),
    );
    const line = fc
      .array(fc.oneof({ weight: 9, arbitrary: word }, fc.string()), { maxLength: 12 })
      .map((words) => words.join(" "));
    fc.assert(
      fc.property(fc.array(line, { maxLength: 6 }), (lines) => {
        try {
          parseScripts(lines.join("\n"), "x");
        } catch (error) {
          expect(error).toBeInstanceOf(ScriptError);
        }
      }),
      { numRuns: 2000 },
    );
  });
});
