// Two hosts of our own on one virtual cable: ve1 answers, ve0 asks, and no kernel takes part.
// Run it as root, or without: bin/vethlab shell -- node examples/ping.mjs
import { Host, Lab } from "vethlab";

const { lab, ve0, ve1 } = Lab.pair(); // two namespaces, one cable
try {
  const answering = new Host(ve1.openLink(), { addresses: ["10.0.0.2/24"] });
  const asking = new Host(ve0.openLink(), { addresses: ["10.0.0.1/24"] });
  asking.observe((event) => console.log(event.type));

  const reply = await asking.echo("10.0.0.2");
  console.log(reply.error ?? `${reply.from} answered after ${reply.rttNs / 1e6} ms, ttl ${reply.ttl}`);
  for (const host of [asking, answering]) host.link.close();
} finally {
  lab.close();
}
