/**
 * Which protocols of a frame vethlab does not speak, told from tcpdump's own one-line text of it (`-n -t`): what stands
 * where is fixed, and tcpdump knows by its own rules (ports, for one) whom the payload belongs to.
 */

/** How far the line of a frame must agree whose payload is out of scope. */
const HOST = "(?:\\d+\\.\\d+\\.\\d+\\.\\d+(?:\\.\\d+)?|[0-9a-f]*:[0-9a-f:.]*)";
const ADDRESS_PAIR = new RegExp(`(?<![\\w.:])${HOST} > ${HOST}: `);
const LINK_HEADER = /[0-9a-f:]{17} > [0-9a-f:]{17}, .*?length \d+: /;

/** What `[|name]` names when a protocol that we speak was cut off. */
const CUT =
  "\\[\\|(?:ether|802|vlan|llc|snap|r?stp|lldp|r?arp|ip6?|udp|tcp|icmp6?|igmp|domain|bootp|dhcp|vendor|hbh|dst|frag|rt|mld|srcrt)";
/** At the beginning of a line: what is printed of protocols that we speak, and of what nobody knows. */
const LINK_IN_SCOPE = new RegExp(
  `^(IP6?\\b|ARP\\b|Reverse\\b|Request |Reply |STP\\b|LLDP\\b|LLC\\b|SNAP\\b|Unnumbered|Information|Supervisory|\\s*${CUT}|\\[Invalid|802\\.1Q|vlan \\d|$)|Unknown SSAP|^[0-9a-f:]{17} > [0-9a-f:]{17},? .*(?:Unknown|802\\.3|LLC|Information|Unnumbered|Supervisory)`,
);
/** After `> address: `: the same. */
const NETWORK_IN_SCOPE = new RegExp(
  `^ ?(UDP, |udp\\b|tcp\\b|icmp6?\\b|ICMP6?\\b|igmp (?!pimv1|dvmrp|mtrace|mresp)|BOOTP\\/DHCP|${CUT}|ip-proto-\\d+|\\[bad|\\[(total )?length|truncated|bad-|no next|frag|[a-z][a-z0-9.+-]* \\d+$)`,
);
/** The same where no ports are shown: a fragment's protocol, or nothing. */
const PROTOCOL_ALONE = /^ ?([a-z][a-z0-9-]*)?$/;
const EXTENSION = /^(HBH|DSTOPT|frag \(.*?\)|srcrt \(.*?\)|RT\d+ \(.*?\)(?: \[.*?\])?) ?/;
const PORTS = /^\d+ > \d+: /;
const DNS_PORTS = /\.(53|5353)( > |$)|> \S+\.(53|5353)$/;

/** The name of the first protocol of a frame that is out of scope, or null. @param text without time and number. */
export function outOfScope(text: string): string | null {
  const line = text.split("\n")[0]!;
  if (!LINK_IN_SCOPE.test(line)) return nameOf(line);
  if (!/^IP6?\b/.test(line)) return null;
  const pair = ADDRESS_PAIR.exec(line);
  // Cut off before the addresses were printed: by whom?
  if (pair === null) return new RegExp(CUT).test(line) ? null : (/\[\|(.*?)\]/.exec(line)?.[1] ?? null);
  let rest = line.slice(pair.index + pair[0].length);
  for (let header = EXTENSION.exec(rest); header !== null; header = EXTENSION.exec(rest)) {
    rest = rest.slice(header[0].length);
  }
  rest = rest.replace(PORTS, "");
  const isDns = DNS_PORTS.test(pair[0].slice(0, -2));
  if (rest.startsWith("Flags [")) {
    const after = /, length \d+(.*)$/.exec(rest)?.[1] ?? "";
    return after === "" || isDns ? null : nameOf(after);
  }
  // Only TCP and UDP have ports, and of neither tcpdump says nothing but `(invalid)`: that is the payload's.
  if (rest.trim() === "(invalid)" && portsOf(pair[0]).length === 2 && !isDns) return nameOf("", pair[0]);
  if (isDns || rest.trim() === "(invalid)" || NETWORK_IN_SCOPE.test(rest)) return null;
  if (portsOf(pair[0]).length === 0 && PROTOCOL_ALONE.test(rest)) return null;
  // PGM repeats the addresses, with its ports.
  return nameOf(rest.replace(ADDRESS_PAIR, ""), pair[0]);
}

/** What must agree of a frame whose payload is out of scope: everything up to its transport header, or its link header. */
export function headerOf(text: string): string {
  const link = LINK_HEADER.exec(text);
  const isIp =
    link === null ? /^(?: *\d+ {2})?(?:[-\d.: ]+ )?IP6? /.test(text) : /ethertype IPv[46] [^:]*: $/.test(link[0]);
  const pair = isIp ? ADDRESS_PAIR.exec(text) : null;
  if (pair === null) return link === null ? "" : text.slice(0, link.index + link[0].length).trimEnd();
  const at = pair.index + pair[0].length;
  const rest = text.slice(at);
  const transport = /^Flags \[[^\n]*?length \d+|^\[[^\]\n]*udp (?:sum|cksum)[^\]\n]*\] /.exec(rest);
  // Another transport's ports are its own business.
  if (/^(DCCP|sctp)\b/.test(rest)) return text.slice(0, pair.index + pair[0].indexOf(" > ")).replace(/\.\d+$/, "");
  return text.slice(0, at) + (transport?.[0] ?? "");
}

/** The protocol that a line begins with: its first word, or the port where it begins with numbers. */
function nameOf(text: string, pair = ""): string {
  const word = /^[\s:,[|(]*(?:[0-9a-f:]{17} > [0-9a-f:]{17},? )?(?:ethertype )?([A-Za-z][\w.+/-]*)/.exec(text)?.[1];
  if (word !== undefined && !/^v\d/.test(word)) return word;
  const known = portsOf(pair).filter((port) => port < 32_768);
  if (known.length > 0) return `port ${Math.min(...known)}`;
  return text.trim().split(/[\s,:]/)[0] || "unnamed";
}

/** The ports in `10.0.0.1.1024 > 10.0.0.2.53: `: IPv4 addresses have three dots, IPv6 addresses none. */
function portsOf(pair: string): number[] {
  const hosts = pair.replace(/: $/, "").split(" > ");
  return hosts.flatMap((host) => /(?:^\d+\.\d+\.\d+\.\d+|:[0-9a-f]*)\.(\d+)$/.exec(host)?.[1] ?? []).map(Number);
}
