/**
 * Which protocols of a frame vethlab does not speak, told from tcpdump's own one-line text of it (`-n -t`): what stands
 * where is fixed, and tcpdump knows by its own rules (ports, for one) whom the payload belongs to.
 */

/** How far the line of a frame must agree whose payload is out of scope. */
const ADDRESS_PAIR = /[0-9a-f.:]+ > [0-9a-f.:]+: /;
const LINK_HEADER = /[0-9a-f:]{17} > [0-9a-f:]{17}, .*?length \d+: /;

/** At the beginning of a line: what is printed of protocols that we speak, and of what nobody knows. */
const LINK_IN_SCOPE =
  /^(IP6?\b|ARP\b|Reverse\b|Request |Reply |STP\b|LLDP\b|LLC\b|SNAP\b|Null\b|Unknown\b|Unnumbered|Information|Supervisory| ?\[\||\[Invalid|802\.1Q|vlan \d|$)|, ethertype Unknown|Unknown SSAP|^[0-9a-f:]{17} > [0-9a-f:]{17}, .*(?:Unknown|802\.3|LLC)/;
/** After `> address: `: the same. */
const NETWORK_IN_SCOPE =
  /^ ?(UDP, |udp\b|tcp\b|icmp6?\b|ICMP6?\b|igmp\b|BOOTP\/DHCP|\[\||ip-proto-\d+|\[bad|\(invalid|truncated|bad-|no next|frag|[a-z][a-z0-9.+-]* \d+$|[a-z][a-z0-9-]*$|$)/;
const EXTENSION = /^(HBH|DSTOPT|frag \(.*?\)|srcrt \(.*?\)|RT\d+ \(.*?\)(?: \[.*?\])?) ?/;
const DNS_PORTS = /\.(53|5353)( > |$)|> \S+\.(53|5353)$/;

/** The name of the first protocol of a frame that is out of scope, or null. @param text without time and number. */
export function outOfScope(text: string): string | null {
  const line = text.split("\n")[0]!;
  if (!LINK_IN_SCOPE.test(line)) return nameOf(line);
  if (!/^IP6?\b/.test(line)) return null;
  const pair = ADDRESS_PAIR.exec(line);
  if (pair === null) return null;
  let rest = line.slice(pair.index + pair[0].length);
  for (let header = EXTENSION.exec(rest); header !== null; header = EXTENSION.exec(rest)) {
    // A routing header's segments are addresses: `RT6 (…) IP6 a > b` would be a tunnel.
    rest = rest.slice(header[0].length);
  }
  const isDns = DNS_PORTS.test(pair[0].slice(0, -2));
  if (rest.startsWith("Flags [")) {
    const after = /, length \d+(.*)$/.exec(rest)?.[1] ?? "";
    return after === "" || isDns ? null : nameOf(after);
  }
  if (isDns || NETWORK_IN_SCOPE.test(rest)) return null;
  return nameOf(rest, pair[0]);
}

/** What must agree of a frame whose payload is out of scope: everything up to its transport header, or its link header. */
export function headerOf(text: string): string {
  const pair = ADDRESS_PAIR.exec(text);
  if (pair === null) {
    const link = LINK_HEADER.exec(text);
    return link === null ? "" : text.slice(0, link.index + link[0].length).trimEnd();
  }
  const at = pair.index + pair[0].length;
  const rest = text.slice(at);
  const transport = /^Flags \[[^\n]*?length \d+|^\[[^\]\n]*udp (?:sum|cksum)[^\]\n]*\] /.exec(rest);
  return text.slice(0, at) + (transport?.[0] ?? "");
}

/** The protocol that a line begins with: its first word, or the port where it begins with numbers. */
function nameOf(text: string, pair = ""): string {
  const word = /^[\s:,[|(]*([A-Za-z][\w.+/-]*)/.exec(text)?.[1];
  if (word !== undefined && !/^v\d/.test(word)) return word.replace(/[,:]$/, "");
  const ports = pair.match(/\.(\d+)(?= > |: $)/g)?.map((port) => Number(port.slice(1))) ?? [];
  const known = ports.filter((port) => port < 32_768);
  if (known.length > 0) return `port ${Math.min(...known)}`;
  return text.trim().split(/[\s,:]/)[0] || "unnamed";
}
