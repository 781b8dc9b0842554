/** LLDP explained (IEEE 802.1AB): a station says to its neighbour which one it is, and which of its ports this is. */
import * as ethernet from "../../../packets/ethernet.ts";
import { Fault } from "../../../packets/fault.ts";
import * as lldp from "../../../packets/lldp.ts";
import * as mac from "../../../packets/mac.ts";
import { cutShort, type Draft, malformed, plain, type Subject } from "./explanation.ts";
import { quoted } from "./words.ts";

export function explainLldp(subject: Subject): Draft {
  const { buf, at, end, number } = subject;
  const sender = mac.format(buf, subject.frame + ethernet.SRC);
  const unit = lldp.parse(buf, at, end);
  if (unit === Fault.Truncated)
    return cutShort(subject, "LLDP, cut", `An LLDP message of ${sender} that is cut short.`);
  if (typeof unit === "number") {
    return malformed("LLDP, malformed", `An LLDP message of ${sender} that makes no sense: stations drop it.`);
  }
  let name = "";
  let enabled = 0;
  for (const tlv of unit.tlvs) {
    if (tlv.kind === "system-name") name = quoted(tlv.text);
    if (tlv.kind === "system-capabilities") enabled = tlv.enabled;
  }
  const { observe } = subject;
  if ((enabled & lldp.Capability.Bridge) !== 0) observe?.({ type: "role", mac: sender, role: "bridge", number });
  if ((enabled & lldp.Capability.Router) !== 0) observe?.({ type: "role", mac: sender, role: "router", number });
  const port = portName(unit.port);
  const who = name === "" ? sender : `${sender}, called ${name},`;
  const label = name === "" ? "LLDP" : `LLDP: ${name}`;
  if (unit.ttl === 0)
    return plain("lldp", label, `${who} says goodbye to its neighbour: this was its port ${port} (LLDP).`);
  const text = `${who} tells its neighbour that this is its port ${port}; to be remembered for ${unit.ttl} s (LLDP, IEEE 802.1AB).`;
  return plain("lldp", label, text);
}

function portName({ subtype, id }: lldp.LldpId): string {
  if (subtype === lldp.PortSubtype.Mac && id.length === mac.LENGTH) return mac.format(id);
  return quoted(id);
}
