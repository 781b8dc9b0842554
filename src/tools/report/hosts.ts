/** Stations by their MAC, and the owners of addresses. */
import type { Claim, Role, Sent } from "../sniff/facts.ts";
import type { HostReport, OwnerReport } from "./model.ts";
import { Table } from "./table.ts";

interface Host {
  readonly mac: string;
  readonly addresses: Set<string>;
  moreAddresses: number;
  readonly vlans: Set<string>;
  readonly roles: Map<Role["role"], number>;
  frames: number;
  bytes: number;
  readonly firstFrame: number;
  lastFrame: number;
}

interface ClaimOf {
  readonly mac: string;
  count: number;
  readonly firstFrame: number;
  lastFrame: number;
  readonly how: Set<string>;
}

const HOSTS = 256;
const OWNERS = 1024;
const ADDRESSES = 8;
const CLAIMS = 8;
/** Sources behind one MAC that make it a router's, if nothing else says so. */
const ROUTED = 4;

export class Hosts {
  private readonly hosts = new Table<Host>(HOSTS);
  private readonly owners = new Table<{ address: string; segment: string; claims: Map<string, ClaimOf> }>(OWNERS);

  /** A frame that a station sent. @param vlan as text, empty for none. */
  frame(mac: string, number: number, bytes: number, vlan: string): void {
    const host = this.host(mac, number);
    if (host === undefined) return;
    host.frames++;
    host.bytes += bytes;
    host.lastFrame = number;
    if (vlan !== "" && host.vlans.size < ADDRESSES) host.vlans.add(vlan);
  }

  sent(fact: Sent): void {
    this.addAddress(fact.mac, fact.ip, fact.number);
  }

  claim(fact: Claim): void {
    const { ip, mac, segment, number } = fact;
    this.addAddress(mac, ip, number);
    const owner = this.owners.get(segment + ip, () => ({ address: ip, segment, claims: new Map<string, ClaimOf>() }));
    if (owner === undefined) return;
    let claim = owner.claims.get(mac);
    if (claim === undefined) {
      if (owner.claims.size >= CLAIMS) return;
      claim = { mac, count: 0, firstFrame: number, lastFrame: number, how: new Set() };
      owner.claims.set(mac, claim);
    }
    claim.count++;
    claim.lastFrame = number;
    claim.how.add(fact.how);
  }

  role(fact: Role): void {
    const host = this.host(fact.mac, fact.number);
    if (host !== undefined && !host.roles.has(fact.role)) host.roles.set(fact.role, fact.number);
  }

  hostReports(): HostReport[] {
    return this.hosts.values().map((host) => {
      const roles = [...host.roles].map(([role, frame]) => ({ role, frame }));
      const isRouting = host.addresses.size + host.moreAddresses >= ROUTED && !host.roles.has("router");
      if (isRouting) roles.push({ role: "router", frame: host.firstFrame });
      return { ...host, addresses: [...host.addresses], vlans: [...host.vlans], roles };
    });
  }

  ownerReports(): OwnerReport[] {
    return this.owners.values().map(({ address, segment, claims }) => ({
      address,
      segment: segment.trim(),
      claims: [...claims.values()].map((claim) => ({ ...claim, how: [...claim.how] })),
    }));
  }

  get leftOut(): { hosts: number; owners: number } {
    return { hosts: this.hosts.leftOut, owners: this.owners.leftOut };
  }

  private host(mac: string, number: number): Host | undefined {
    return this.hosts.get(mac, () => ({
      mac,
      addresses: new Set<string>(),
      moreAddresses: 0,
      vlans: new Set<string>(),
      roles: new Map<Role["role"], number>(),
      frames: 0,
      bytes: 0,
      firstFrame: number,
      lastFrame: number,
    }));
  }

  private addAddress(mac: string, ip: string, number: number): void {
    if (ip === "0.0.0.0" || ip === "::") return;
    const host = this.host(mac, number);
    if (host === undefined || host.addresses.has(ip)) return;
    if (host.addresses.size < ADDRESSES) host.addresses.add(ip);
    // Not which they are: an address that comes again is counted again.
    else host.moreAddresses = Math.min(host.moreAddresses + 1, 1_000_000);
  }
}
