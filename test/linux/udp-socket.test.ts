import { expect } from "vitest";
import { Lab } from "../../src/lab/lab.ts";
import { UserError } from "../../src/linux/errors.ts";
import { openUdpSocket } from "../../src/linux/udp-socket.ts";
import { needs } from "../support/privilege.ts";

const LOOPBACK = 0x7f000001;

needs({ netns: true }).test("messages, errors with who sent them, and a port that is taken", () => {
  using lab = Lab.create();
  const { kernel } = lab.addNamespace("udp");
  const open = (port: number) => kernel.run(() => openUdpSocket(port));
  const [left, right] = [open(4000), open(5000)];
  expect(left.receive()).toBeNull();
  expect(left.send(Uint8Array.of(1, 2, 3), LOOPBACK, 5000)).toBe("");
  expect(right.receive()).toEqual({ kind: "data", from: LOOPBACK, fromPort: 4000, data: Uint8Array.of(1, 2, 3) });
  expect(right.receive()).toBeNull();
  // Nobody there: port unreachable (type 3, code 3), from the machine itself.
  const refused = { kind: "error", from: LOOPBACK, type: 3, code: 3, mtu: 0 };
  expect(left.send(new Uint8Array(0), LOOPBACK, 9)).toBe("");
  expect(left.receive()).toEqual(refused);
  expect(left.receive()).toBeNull();
  // An error that waits does not keep the next message from leaving.
  left.send(new Uint8Array(0), LOOPBACK, 9);
  expect(left.send(Uint8Array.of(4), LOOPBACK, 5000)).toBe("");
  expect(right.receive()).toMatchObject({ data: Uint8Array.of(4) });
  expect(left.receive()).toEqual(refused);
  expect(left.send(new Uint8Array(65_508), LOOPBACK, 5000)).toBe("message too long");
  expect(() => open(4000)).toThrow(UserError);
  left.close();
  right.close();
});
