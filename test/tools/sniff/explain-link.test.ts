import { describe, expect, test } from "vitest";
import * as igmp from "../../../packets/igmp.ts";
import { ethernet, lldp, mac, stp } from "../../../packets/index.ts";
import { A, B, C, ip, ipFrame, SECOND, Wire } from "./explain-support.ts";

describe("spanning tree", () => {
  function hello(root: Uint8Array, bridge: Uint8Array, cost: number, flags = 0): Uint8Array {
    const bpdu = stp.build({
      kind: "config",
      version: 0,
      flags,
      rootId: stp.bridgeId(0x8000, root),
      rootPathCost: cost,
      bridgeId: stp.bridgeId(0x8000, bridge),
      portId: 0x8001,
      messageAge: 0,
      maxAge: 20 * 256,
      helloTime: 2 * 256,
      forwardDelay: 15 * 256,
    });
    const payload = Uint8Array.from([0x42, 0x42, 3, ...bpdu]);
    return ethernet.build({ dst: Uint8Array.of(1, 0x80, 0xc2, 0, 0, 0), src: bridge, type: payload.length, payload });
  }

  test("who is the root, again and again; another one; a change", () => {
    const wire = new Wire();
    const first = wire.see(hello(B, B, 0));
    expect(first).toMatchObject({ kind: "stp", refersTo: [] });
    expect(first.text).toBe(
      "The bridge 32768.02:00:00:00:00:02 says that it is the root of the spanning tree (IEEE 802.1D).",
    );
    expect(wire.see(hello(B, B, 0), 2 * SECOND).text).toContain("The same as #1, 2.0 s before.");
    const changed = wire.see(hello(A, B, 4, stp.Flag.TopologyChange), 2 * SECOND);
    expect(changed.text).toContain("the root of the spanning tree is 32768.02:00:00:00:00:01, at a cost of 4.");
    expect(changed.findings).toMatchObject([{ code: "root-changed", refersTo: [2] }, { code: "topology-change" }]);
    // Told once, not with each hello that bears the flag.
    expect(wire.codes(hello(A, B, 4, stp.Flag.TopologyChange), 2 * SECOND)).toEqual([]);
    expect(wire.facts.filter((fact) => fact.type === "role").map((fact) => fact.role)).toContain("root bridge");
  });

  test("cut and malformed messages, other 802.3 frames", () => {
    const wire = new Wire();
    const whole = hello(B, B, 0);
    expect(wire.see(whole.slice(0, 30), 0, 0, whole.length)).toMatchObject({ kind: "malformed", refersTo: [] });
    whole[17] = 1;
    expect(wire.codes(whole)).toEqual(["malformed"]);
    const other = ethernet.build({ dst: B, src: A, type: 3, payload: Uint8Array.of(0xe0, 0xe0, 3) });
    expect(wire.see(other).kind).toBe("llc");
  });
});

test("LLDP names the station and its port, whatever bytes the name has", () => {
  const wire = new Wire();
  const unit = lldp.build({
    chassis: { subtype: 4, id: A },
    port: { subtype: 5, id: new TextEncoder().encode("ve\u0007\n0") },
    ttl: 120,
    tlvs: [
      { kind: "system-name", text: new TextEncoder().encode("sw1") },
      { kind: "system-capabilities", system: 0x14, enabled: 0x14 },
    ],
  });
  const frame = ethernet.build({ dst: Uint8Array.of(1, 0x80, 0xc2, 0, 0, 0xe), src: A, type: 0x88cc, payload: unit });
  expect(wire.see(frame).text).toBe(
    '02:00:00:00:00:01, called "sw1", tells its neighbour that this is its port "ve??0"; ' +
      "to be remembered for 120 s (LLDP, IEEE 802.1AB).",
  );
  expect(wire.facts).toMatchObject([{ role: "bridge" }, { role: "router" }]);
});

describe("IGMP", () => {
  const group = { src: A, dst: Uint8Array.of(1, 0, 0x5e, 1, 2, 3) };
  const see = (wire: Wire, message: igmp.IgmpMessage, dst = "239.1.2.3", macs = group, after = 0) =>
    wire.see(ipFrame(2, igmp.build(message), "10.0.0.1", dst, { ttl: 1 }, macs), after);

  test("a query and the report that answers it", () => {
    const wire = new Wire();
    const all = { src: C, dst: Uint8Array.of(1, 0, 0x5e, 0, 0, 1) };
    const query = see(wire, { kind: "query", maxResponse: 100, group: 0 }, "224.0.0.1", all);
    expect(query.text).toBe("10.0.0.1 asks which groups anybody wants, to be answered within 10 s (IGMPv2).");
    const report = see(wire, { kind: "report-v2", group: ip("239.1.2.3") }, "239.1.2.3", group, SECOND);
    expect(report.text).toBe("10.0.0.1 wants the packets of the group 239.1.2.3 (IGMPv2). It answers #1, after 1.0 s.");
    expect(report.refersTo).toEqual([1]);
    expect(wire.facts).toContainEqual({ type: "role", mac: mac.format(C), role: "router", number: 1 });
    const leave = see(wire, { kind: "leave", group: ip("239.1.2.3") });
    expect(leave.text).toContain("does not want the packets of the group 239.1.2.3 any more");
  });

  test("version 3: joining, leaving, sources", () => {
    const record = (type: number, last: number, sources: number[] = []) => ({
      type,
      group: ip(`239.0.0.${last}`),
      sources,
    });
    const records = [record(4, 1), record(3, 2), record(5, 3, [ip("10.0.0.9")]), record(99, 4), record(2, 5)];
    const { text, kind } = see(new Wire(), { kind: "report-v3", records });
    expect(kind).toBe("igmp");
    expect(text).toContain(
      "tells what it wants of 5 groups (IGMPv3): 239.0.0.1 from now on, 239.0.0.2 no longer, 239.0.0.3 from 1 sender " +
        "and something unknown of 239.0.0.4, and of one more.",
    );
  });

  test("a wrong checksum", () => {
    const message = igmp.build({ kind: "report-v2", group: ip("239.1.2.3") });
    message[2] = message[2]! ^ 1;
    expect(new Wire().codes(ipFrame(2, message, "10.0.0.1", "239.1.2.3", {}, group))).toEqual(["bad-checksum"]);
  });
});
