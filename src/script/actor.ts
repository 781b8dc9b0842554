/** The steps that are the device's own: it sends, is asked what it knows, and its sockets receive. */
import { codeName, typeName } from "../../packets/icmp.ts";
import { SystemError, UserError } from "../linux/errors.ts";
import type { DeviceSocket, DeviceUnderTest, SocketEvent } from "./device.ts";
import { StepFailed } from "./failure.ts";
import type { Row } from "./match-frame.ts";
import type { HostAction, SocketWish, Step } from "./script.ts";
import {
  evaluate,
  formatPattern,
  formatValue,
  macBytes,
  type Operand,
  type Pattern,
  ScriptFault,
  sameValue,
  type Variables,
} from "./value.ts";
import type { WireTap } from "./wire-tap.ts";

/** Seconds. */
const BUSY = 0.03;
const WITHIN = 1;
const NOTHING = 0.3;
/** Between two looks into a socket. */
const LOOK = 0.002;
const S = 1e9;

export class Actor {
  readonly #device: DeviceUnderTest;
  readonly #tap: WireTap;
  readonly #variables: Variables;
  /** By the port that the script calls them; 0 is any. */
  readonly #sockets = new Map<number, DeviceSocket>();

  constructor(device: DeviceUnderTest, tap: WireTap, variables: Variables) {
    this.#device = device;
    this.#tap = tap;
    this.#variables = variables;
  }

  /** @throws {StepFailed} if the device will not. */
  act(action: HostAction): void {
    try {
      this.#act(action);
    } catch (error) {
      // An address that it cannot have, or has: the step's matter, whoever says it.
      if (error instanceof RangeError || error instanceof UserError || error instanceof SystemError)
        throw new StepFailed(`the host will not: ${error.message}`);
      throw error;
    }
  }

  #act(action: HostAction): void {
    const { machine } = this.#device;
    switch (action.kind) {
      case "ping": {
        const data = Uint8Array.from({ length: action.data }, (_, i) => i);
        complain(machine.ping({ ...action, to: this.#number(action.to), data }));
        return;
      }
      case "udp-bind":
        this.#socket(action.port);
        return;
      case "udp-send": {
        const data = this.#bytes(action.data);
        complain(this.#socket(action.from).send({ ...action, to: this.#number(action.to), data }));
        return;
      }
      case "address":
        if (action.isAdded) machine.addAddress(action.prefix);
        else machine.removeAddress(action.prefix);
        return;
      case "claim":
        machine.claim(action.prefix, action.defence);
        return;
      case "forget":
        machine.forgetNeighbours(action.ip === null ? null : this.#number(action.ip));
        return;
      case "neighbour":
        machine.setNeighbour(this.#number(action.ip), macBytes(this.#number(action.mac)));
    }
  }

  /** @throws {StepFailed} if the device knows something else. */
  async entry(step: Extract<Step, { kind: "entry" }>): Promise<void> {
    const ip = this.#number(step.ip);
    // It may still be busy with what was sent just now.
    await this.#tap.until(this.#tap.now() + BUSY * S);
    const entry = await this.#device.machine.neighbour(ip);
    const at = formatValue(ip, "ip");
    const known = entry?.mac ?? null;
    const seen = entry === null ? "none" : `${known === null ? "" : `${formatValue(known, "mac")} `}${entry.state}`;
    if (step.isAbsent) {
      if (known !== null && entry?.state !== "FAILED") throw new StepFailed(`the host has an entry for ${at}: ${seen}`);
      return;
    }
    const mac = step.mac === null ? null : this.#number(step.mac);
    const isRight = entry !== null && (mac === null || known === mac);
    const isState = entry !== null && (step.states.length === 0 || step.states.includes(entry.state));
    if (isRight && isState) return;
    const wanted = `${mac === null ? "" : formatValue(mac, "mac")} ${step.states.join(" or ")}`.trim();
    throw new StepFailed(`the host's entry for ${at} is ${seen}, not ${wanted}`);
  }

  /** @throws {StepFailed} if a claim is in another state. */
  async claim({ ip, states }: Extract<Step, { kind: "claim" }>): Promise<void> {
    await this.#tap.until(this.#tap.now() + BUSY * S);
    const at = this.#number(ip);
    const seen = this.#device.machine.claimState(at) ?? "none";
    if (!states.includes(seen))
      throw new StepFailed(`the host's claim to ${formatValue(at, "ip")} is ${seen}, not ${states.join(" or ")}`);
  }

  /** @param base of the time within which it has to come. @throws {StepFailed} if something else comes, or nothing. */
  async socket({ port, wish, within }: Extract<Step, { kind: "socket" }>, base: number): Promise<void> {
    const socket = this.#sockets.get(port);
    if (socket === undefined)
      throw new ScriptFault(`the host has no socket on port ${port}: \`host udp bind ${port}\``);
    const seconds = within ?? (wish.kind === "nothing" ? NOTHING : WITHIN);
    const deadline = base + seconds * S;
    for (;;) {
      const event = socket.receive();
      if (event !== null) {
        const rows = this.#compare(wish, event);
        if (wish.kind === "nothing")
          throw new StepFailed("the socket was given something where nothing should come", rows);
        if (rows.some(({ ok }) => !ok)) throw new StepFailed("the socket was given something else", rows);
        return;
      }
      const now = this.#tap.now();
      if (now >= deadline) break;
      await this.#tap.until(Math.min(deadline, now + LOOK * S));
    }
    if (wish.kind !== "nothing") throw new StepFailed(`the socket was given nothing within ${seconds} s`);
  }

  close(): void {
    for (const socket of this.#sockets.values()) socket.close();
  }

  #socket(port: number): DeviceSocket {
    const open = this.#sockets.get(port) ?? this.#device.machine.openUdp(port);
    this.#sockets.set(port, open);
    return open;
  }

  #compare(wish: SocketWish, event: SocketEvent): Row[] {
    const rows: Row[] = [];
    const add = (field: string, expected: string, seen: string, ok: boolean): unknown =>
      rows.push({ field, expected, seen, ok, named: true });
    const what = event.kind === "error" ? errorText(event.type, event.code, event.mtu) : "data";
    if (wish.kind === "error") {
      const isError = event.kind === "error" && event.type === wish.type;
      const isCode = isError && (wish.code === null || wish.code === event.code);
      const isMtu = isError && (wish.mtu === null || wish.mtu === event.mtu);
      add("socket", errorText(wish.type, wish.code, wish.mtu ?? 0), what, isCode && isMtu);
    } else add("socket", wish.kind, what, event.kind === "data" && wish.kind === "data");
    if (wish.kind !== "nothing" && wish.from !== null) {
      const from = this.#number(wish.from);
      add("from", formatValue(from, "ip"), formatValue(event.from, "ip"), from === event.from);
    }
    if (event.kind !== "data") return rows;
    if (wish.kind === "data") {
      const { data, fromPort } = wish;
      if (fromPort !== null) add("port", String(fromPort), String(event.fromPort), fromPort === event.fromPort);
      const isSame = data.kind === "any" || sameValue(this.#bytes(data), event.data);
      add("data", formatPattern(data, "bytes", this.#variables), formatValue(event.data, "bytes"), isSame);
    } else add("data", "-", formatValue(event.data, "bytes"), false);
    return rows;
  }

  #bytes(pattern: Pattern): Uint8Array {
    const value = pattern.kind === "is" ? evaluate(pattern.operand, this.#variables) : 0;
    if (typeof value === "number") throw new ScriptFault("data is bytes: a number of them, a string, `hex …` or $NAME");
    return value;
  }

  #number(operand: Operand): number {
    const value = evaluate(operand, this.#variables);
    if (typeof value !== "number") throw new ScriptFault("an address is expected here, not bytes");
    return value;
  }
}

function complain(complaint: string): void {
  if (complaint !== "") throw new StepFailed(`the host cannot send it: ${complaint}`);
}

function errorText(type: number, code: number | null, mtu: number): string {
  return `${typeName(type)}${code === null ? "" : ` ${codeName(type, code)}`}${mtu === 0 ? "" : ` mtu ${mtu}`}`;
}
