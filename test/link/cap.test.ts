import { afterEach, beforeEach, expect, test } from "vitest";
import { Lab } from "../../src/lab/lab.ts";
import type { Port } from "../../src/lab/port.ts";
import { openCapLink } from "../../src/link/cap.ts";
import { Direction, type Link } from "../../src/link/link.ts";
import { Host } from "../../src/stack/host.ts";
import { needs } from "../support/privilege.ts";
import { until } from "../support/until.ts";

needs({ netns: true, packages: ["cap"] }).describe("the link over libpcap", () => {
  let pair: ReturnType<typeof Lab.pair>;
  const links: Link[] = [];
  const open = (port: Port) => {
    const link = openCapLink(port.name, { namespace: port.namespace.kernel });
    links.push(link);
    return link;
  };

  beforeEach(() => {
    pair = Lab.pair();
  });
  afterEach(() => {
    // Before the namespace goes: cap's own code ends the process when its interface does.
    for (const link of links.splice(0)) link.close();
    pair.lab.close();
  });

  test("carries frames both ways, whole, and shows neither its own nor its kernel's", async () => {
    const [a, b] = [open(pair.ve0), open(pair.ve1)];
    const [atA, atB]: [string[], string[]] = [[], []];
    for (const [link, seen] of [
      [a, atA],
      [b, atB],
    ] as const)
      link.onFrames((batch) => {
        expect(batch.direction[0]).toBe(Direction.In);
        seen.push(
          Buffer.from(batch.buffer.subarray(batch.offset[0], batch.offset[0]! + batch.length[0]!)).toString("latin1"),
        );
      });
    const frame = Uint8Array.from({ length: 1514 }, (_, i) => (i < 6 ? 0xff : i));
    for (const length of [60, 1514]) {
      const offset = a.reserve(length);
      a.tx.set(frame.subarray(0, length), offset);
      a.commit(length);
      expect(a.flush()).toBe(1);
    }
    pair.ve0.addAddress("10.0.0.1/24");
    const ping = pair.ve0.namespace.spawn("ping", ["-c", "1", "-W", "1", "10.0.0.2"], { stdio: "ignore" });
    await new Promise((resolve) => ping.once("exit", resolve));
    await until(() => atB.length >= 3);
    expect(atB.slice(0, 2).map((text) => text.length)).toEqual([60, 1514]);
    expect(atB[1]).toBe(Buffer.from(frame).toString("latin1"));
    expect(atA).toEqual([]);
    expect(a.stats()).toMatchObject({ txFrames: 2, txBytes: 1574, txErrors: 0 });
  });

  test("a host of ours asks and answers over it, the very first time", async () => {
    const answering = new Host(open(pair.ve1), { addresses: ["10.0.0.2/24"] });
    const asking = new Host(open(pair.ve0), { addresses: ["10.0.0.1/24"] });
    const reply = await asking.echo("10.0.0.2", { timeoutMs: 900 });
    expect(reply).toMatchObject({ from: "10.0.0.2", ttl: 64, size: 56 });
    expect(answering.stats()).toMatchObject({ arpAnswered: 1, echoAnswered: 1 });
  });

  test("an interface that is not there is refused with one line", () => {
    expect(() => openCapLink("nope", { namespace: pair.ve0.namespace.kernel })).toThrow("no interface nope here");
  });
});
