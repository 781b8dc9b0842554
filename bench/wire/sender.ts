/** A process that sends on command, with vethlab's own `send`: `node sender.js IFACE echo|raw`; then lines `COUNT RATE`. */
import { createInterface } from "node:readline";
import * as ipv4 from "../../packets/ipv4-address.ts";
import * as mac from "../../packets/mac.ts";
import { openPacketLink } from "../../src/link/packet.ts";
import { echoTemplate, rawTemplate, startSend, TemplateSource } from "../../src/tools/send/index.ts";
import { ANSWERER, ASKER } from "./stage.ts";

/** A frame of 60 bytes that no kernel answers: to all, of a type for experiments. */
export function silentFrame(): Uint8Array {
  const bytes = new Uint8Array(60).fill(0xff, 0, 6);
  bytes.set([0x02, 0, 0, 0, 0, 0, 0x88, 0xb5], 6);
  return bytes;
}

function template(kind: string) {
  if (kind === "raw") return rawTemplate(silentFrame(), []);
  const targetMac = mac.parse(ANSWERER.mac)!;
  const sourceIp = ipv4.parse(ASKER.ip)!;
  // A station of its own, as our hosts are, so that the kernel's IP stack there has no part in it.
  const sourceMac = mac.forIpv4(sourceIp);
  const addresses = { sourceMac, targetMac, sourceIp, targetIp: ipv4.parse(ANSWERER.ip)! };
  return echoTemplate(addresses, 1, 98, []);
}

async function main([name = "", kind = ""]: string[]): Promise<void> {
  process.stdout.write("{}\n");
  for await (const line of createInterface({ input: process.stdin })) {
    const [count = "", rate = ""] = line.split(" ");
    // A link for each run: its counters begin anew.
    const link = openPacketLink(name, { ring: "none", promiscuous: false });
    const source = new TemplateSource(template(kind), 1);
    const options = { count: Number(count), rate: rate === "max" ? ("max" as const) : Number(rate) };
    const result = await startSend(link, source, options).done;
    link.close();
    process.stdout.write(`${JSON.stringify(result)}\n`);
  }
}

await main(process.argv.slice(2));
