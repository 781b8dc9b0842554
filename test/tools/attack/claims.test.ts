/** A host that defends its address (RFC 5227, 2.4) against a flood of stations that say it is theirs. */
import { expect, test } from "vitest";
import * as arp from "../../../packets/arp.ts";
import { EtherType } from "../../../packets/ethernet.ts";
import { SimulatedWire } from "../../../src/link/simulated.ts";
import { VirtualClock } from "../../../src/stack/clock.ts";
import { Host } from "../../../src/stack/host.ts";
import { seededRandom } from "../../../src/stack/random.ts";
import { ATTACKS, framesOf } from "../../../src/tools/attack/index.ts";
import { SCENE } from "./siege.ts";

const SECONDS = 60;
const A_SECOND = 1000;

function besieged(defence: "always" | "once") {
  const clock = new VirtualClock();
  const wire = new SimulatedWire({ clock, slots: 2 * A_SECOND });
  const host = new Host(wire.attach(), { addresses: [], mac: SCENE.target.mac, clock, random: seededRandom(1) });
  const claim = host.claim("10.0.0.2/16", { defence });
  const honest = new Host(wire.attach(), { addresses: ["10.0.0.5/16"], clock, random: seededRandom(2) });
  clock.advance(15_000);
  const attacker = wire.attach();
  let announcements = 0;
  attacker.onFrames(({ count, buffer, offset }) => {
    for (let i = 0; i < count; i++) {
      const at = offset[i]!;
      if (((buffer[at + 12]! << 8) | buffer[at + 13]!) !== EtherType.Arp) continue;
      if (arp.purpose(buffer, at + 14) === "announcement") announcements++;
    }
  });
  const source = framesOf(ATTACKS.find((one) => one.name === "arp-conflict")!, SCENE, 1);
  let lost = 0;
  for (let second = 0, n = 0; second < SECONDS; second++) {
    for (let i = 0; i < A_SECOND; i++, n++) {
      source.write(n, attacker.tx, attacker.reserve(source.length(n)));
      attacker.commit(source.length(n));
    }
    attacker.flush();
    let answered = false;
    const socket = honest.openEcho({ onReply: () => (answered = true) });
    socket.send(SCENE.target.ip, 1, new Uint8Array(8));
    clock.advance(1000);
    socket.close();
    if (!answered) lost++;
  }
  return { host, claim, announcements: () => announcements, lost };
}

test("one that never gives it up announces it once in ten seconds, whatever comes, and goes on answering", () => {
  const { host, claim, announcements, lost } = besieged("always");
  expect(announcements()).toBeGreaterThan(SECONDS / 10 - 2);
  expect(announcements()).toBeLessThanOrEqual(SECONDS / 10 + 1);
  expect(claim.isUsable).toBe(true);
  expect(host.stats().drops).toEqual({ "arp-conflict": SECONDS * A_SECOND });
  expect(lost).toBe(0);
});

test("one that defends it once gives it up to the second conflict: that is what the RFC asks for, and what the attack gains", () => {
  const { claim, announcements, lost } = besieged("once");
  expect(announcements()).toBe(1);
  expect(claim.isUsable).toBe(false);
  expect(lost).toBe(SECONDS);
});
