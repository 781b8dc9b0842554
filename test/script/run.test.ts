/** What each kind of step takes and refuses, on a simulated host. */
import { describe, expect, test } from "vitest";
import { failureText, TamperedLink, verdictLine } from "../../src/script/index.ts";
import { differencesOf, failureOf, verdictOf } from "./support.ts";

const PING = "inject ip $peer > $host: icmp echo request, id 1, seq $i, data 8\n";
const PONG = "ip $host > $peer: icmp echo reply, id 1";
/** A host that answers everything `times` times. */
const repeating = (times: number) => ({
  link: (link: ConstructorParameters<typeof TamperedLink>[0]) =>
    new TamperedLink(link, { output: (frame) => Array.from({ length: times }, () => frame) }),
});

describe("expect", () => {
  test("the next frame, and no other", async () => {
    expect(await failureOf(`${PING}expect ${PONG}`)).toBe("");
    expect(await failureOf(`${PING}expect ${PONG}, seq 9`)).toBe("2: this frame came instead");
    expect(await differencesOf(`${PING}expect ${PONG}, seq 9`)).toEqual(["icmp.seq 9 1"]);
  });
  test("nothing came", async () => {
    expect(await failureOf(`expect ${PONG} within 2`)).toBe("1: nothing came within 2.000 s");
    expect(await differencesOf("expect arp request who-has $peer")).toEqual(["arp.op 1 -", "arp.tpa 10.0.0.2 -"]);
  });
  test("what is left at the end was not expected", async () => {
    expect(await failureOf(`${PING}${PING}expect ${PONG}`)).toBe(
      "3: a frame came that no step expects: the last one below",
    );
  });
  test("a number of frames", async () => {
    expect(await failureOf(`inject 3 times ip $peer > $host: icmp echo request, id 1\nexpect 3 ${PONG}`)).toBe("");
    expect(await failureOf(`${PING}expect 2 times ${PONG} within 1`)).toBe("2: 1 of 2 frames came within 1.000 s");
  });
  test.each([
    [1, "2: 1 of 2..4 frames came within 1.000 s"],
    [2, ""],
    [4, ""],
    [5, "2: a frame came that no step expects: the last one below"],
  ])("between two and four: %d", async (times, failure) => {
    expect(await failureOf(`${PING}expect 2..4 ${PONG} within 1`, repeating(times))).toBe(failure);
  });
  test("perhaps", async () => {
    const text = `${PING}expect ${PONG}\nexpect maybe ${PONG} within 0.1\n${PING}expect 1..2 ${PONG} within 0.1`;
    expect(await failureOf(text)).toBe("");
    expect(await failureOf(text, repeating(2))).toBe("");
    expect(await failureOf(`${PING}expect maybe arp request within 0.1\nexpect ${PONG}`)).toBe("");
  });
  test("in any order", async () => {
    const two = (a: number, b: number) =>
      `inject 2 times ip $peer > $host: icmp echo request, id 1, seq $i\nexpect in any order {\n${PONG}, seq ${a}\n${PONG}, seq ${b}\n}`;
    expect(await failureOf(two(1, 2))).toBe("");
    expect(await failureOf(two(2, 1))).toBe("");
    expect(await failureOf(two(2, 3))).toBe("2: a frame came that is none of line 3, 4; line 3 is nearest");
    expect(await failureOf(two(2, 1).replace("2 times", "1 times"))).toBe("2: nothing came any more for line 3");
  });
  test("nothing, or nothing of a kind", async () => {
    expect(await failureOf(`${PING}expect nothing`)).toBe("2: a frame came after 0.000 s where none should");
    expect(await failureOf(`${PING}expect nothing arp request for 1\nexpect ${PONG}`)).toBe("");
    expect(await failureOf(`${PING}expect nothing ${PONG}`)).toBe("2: a frame came after 0.000 s where none should");
  });
  test("what is ignored does not count", async () => {
    expect(await failureOf(`ignore ${PONG}\n${PING}expect nothing`)).toBe("");
  });
});

describe("times", () => {
  const asking = "host ping 10.0.0.9\nexpect arp request who-has 10.0.0.9\n";
  const again = "expect arp request who-has 10.0.0.9";
  test.each([
    ["at +1", ""],
    ["at +0.9..+1.1", ""],
    ["at +0.5..", ""],
    ["at 1", ""],
    ["at +1.1", "3: the frame came too early: 1.000 s after the last event, not 1.098 s or later"],
    ["at +0.9", "3: nothing came within 0.902 s"],
    ["at +1.1..+2", "3: the frame came too early: 1.000 s after the last event, not 1.098 s or later"],
    ["at +0.1..+0.5", "3: nothing came within 0.502 s"],
  ])("%s", async (when, failure) => {
    expect(await failureOf(`${asking}${when} ${again}\nignore arp request who-has 10.0.0.9`)).toBe(failure);
  });
  test("an hour takes no time", async () => {
    expect(await failureOf(`wait 1h\n${PING}expect ${PONG}\nat 2h ${PING}expect ${PONG}`)).toBe("");
  });
  test("repetition, counted", async () => {
    const text =
      "inject 3 times every 1min ip $peer > $host: icmp echo request, id 1, seq $i\nexpect 3 ip $host > $peer: icmp echo reply, seq 1..3 within 3min";
    expect(await failureOf(text)).toBe("");
  });
});

describe("what the host does", () => {
  test("what it knows", async () => {
    const known = "inject arp request who-has $host\nexpect arp reply $host is-at $host.mac\n";
    expect(await failureOf(`${known}expect neighbour $peer lladdr $peer.mac STALE`)).toBe("");
    expect(await failureOf(`${known}expect neighbour $peer REACHABLE or DELAY`)).toBe(
      "3: the host's entry for 10.0.0.2 is 02:00:0a:00:00:02 STALE, not REACHABLE or DELAY",
    );
    expect(await failureOf(`${known}expect no neighbour $peer`)).toBe(
      "3: the host has an entry for 10.0.0.2: 02:00:0a:00:00:02 STALE",
    );
    expect(await failureOf(`${known}host forget neighbour $peer\nexpect no neighbour $peer`)).toBe("");
    expect(await failureOf("host neighbour $peer lladdr $peer.mac\nexpect neighbour $peer PERMANENT")).toBe("");
  });
  test("it cannot send", async () => {
    expect(await failureOf("host ping 8.8.8.8")).toBe("1: the host cannot send it: Network is unreachable");
  });
  test("it will not", async () => {
    expect(await failureOf("wait 1\nhost claim 10.0.0.1/24")).toBe(
      "2: the host will not: 10.0.0.1 is this host's already",
    );
    expect(await failureOf("host claim 10.0.0.255/24")).toBe(
      "1: the host will not: 10.0.0.255 cannot be a host's address",
    );
  });
  test("claims", async () => {
    const claim = "use arp by hand\nhost claim 10.0.0.9/24\nexpect arp probe who-has 10.0.0.9 within 2\n";
    expect(await failureOf(`${claim}expect claim 10.0.0.9 waiting or probing`)).toBe("");
    expect(await failureOf(`${claim}expect claim 10.0.0.9 claimed`)).toBe(
      "4: the host's claim to 10.0.0.9 is probing, not claimed",
    );
    expect(await failureOf("expect claim 10.0.0.9 lost")).toBe("1: the host's claim to 10.0.0.9 is none, not lost");
    const conflict = "inject arp reply 10.0.0.9 is-at 02:00:00:00:00:99 tpa 0.0.0.0\n";
    expect(await failureOf(`${claim}${conflict}expect claim 10.0.0.9 conflict`)).toBe("");
  });
  test("sockets", async () => {
    const bind = 'host udp bind 7\ninject ip $peer > $host: udp 9 > 7, data "x"\n';
    expect(await failureOf(`${bind}expect host udp 7 receives data "x" from $peer 9`)).toBe("");
    expect(await failureOf(`${bind}expect host udp 7 receives data "y"`)).toBe(
      "3: the socket was given something else",
    );
    expect(await failureOf(`${bind}expect host udp 7 nothing`)).toBe(
      "3: the socket was given something where nothing should come",
    );
    expect(await failureOf("host udp bind 7\nexpect host udp 7 receives")).toBe(
      "2: the socket was given nothing within 1 s",
    );
    expect(await failureOf("host udp bind 7\nexpect host udp 8 receives")).toBe(
      "2: the host has no socket on port 8: `host udp bind 8`",
    );
  });
});

describe("verdicts", () => {
  const script = (note: string, expected: string) => `${note}\n${PING}${expected}`;
  test("a difference that there is, one that there is no more, one that cannot be seen", async () => {
    expect((await verdictOf(script("simulated differs: so", "expect nothing"))).result).toBe("differs");
    expect((await verdictOf(script("ours differs: so", `expect ${PONG}`))).result).toBe("stale");
    expect((await verdictOf(script("not on simulated: so", "expect nothing"))).result).toBe("skipped");
    expect((await verdictOf(script("kernel differs: so", `expect ${PONG}`))).result).toBe("pass");
    expect((await verdictOf("use icmp_echo_ignore_broadcasts 1\nwait 1")).reason).toBe(
      "a host of ours has no icmp_echo_ignore_broadcasts",
    );
  });
  test("steps for one device", async () => {
    expect(await failureOf(`${PING}only kernel: expect nothing\nonly ours: expect ${PONG}`)).toBe("");
  });
});

describe("a failure's text", () => {
  test("expected and seen side by side, and the last frames as tcpdump prints them", async () => {
    const verdict = await verdictOf(`test 9a: a reply\n${PING}expect ${PONG}, seq 9, data 8`);
    expect(verdictLine([verdict]) + failureText(verdict)).toBe(`FAIL       9a   a reply
    simulated: test.frames:3: expect ip $host > $peer: icmp echo reply, id 1, seq 9, data 8
    this frame came instead
                 expected                  seen
      ip.src     10.0.0.1                  10.0.0.1
      ip.dst     10.0.0.2                  10.0.0.2
      icmp.type  0 (echo reply)            0 (echo reply)
      icmp.code  0                         0
      icmp.id    1                         1
    ! icmp.seq   9                         1
      data       8 bytes 0001020304050607  8 bytes 0001020304050607
    the last frames, seconds since the start:
      0.000000 inject 02:00:0a:00:00:02 > 02:76:0a:00:00:01, ethertype IPv4 (0x0800), length 50: 10.0.0.2 > 10.0.0.1: ICMP echo request, id 1, seq 1, length 16
      0.000020 seen   02:76:0a:00:00:01 > 02:00:0a:00:00:02, ethertype IPv4 (0x0800), length 50: 10.0.0.1 > 10.0.0.2: ICMP echo reply, id 1, seq 1, length 16
`);
  });
});

test("of much data what differs", async () => {
  const text = "inject ip $peer > $host: icmp echo request, data 100\nexpect ip $host > $peer: icmp echo reply, ";
  const zeros = "0".repeat(40);
  expect(
    await differencesOf(
      `${text}data hex ${[...Array(50).keys()].map((n) => n.toString(16).padStart(2, "0")).join("")}${zeros}${zeros}${zeros.slice(0, 20)}`,
    ),
  ).toEqual([
    "data 100 bytes, [50] 00000000000000000000000000000000… 100 bytes, [50] 32333435363738393a3b3c3d3e3f4041…",
  ]);
});

test("a router has several wires", async () => {
  const use = "use router left 10.0.1.1/24 right 10.0.2.1/24\n";
  const pass = 'inject ip $left > $right, ttl 9: udp 1 > 2, data "x"\n';
  expect(await failureOf(`${use}${pass}expect on right ip $left > $right, ttl 8: udp 1 > 2, data "x"`)).toBe("");
  expect(await failureOf(`${use}${pass}expect ip $left > $right`)).toBe("3: nothing came within 1.000 s");
});

test("a run is the same each time, to the nanosecond", async () => {
  const frames = async () =>
    (await verdictOf(`${PING}wait 1min\nhost ping $peer\nexpect nothing for 5`)).failure!.frames;
  expect(await frames()).toEqual(await frames());
});
