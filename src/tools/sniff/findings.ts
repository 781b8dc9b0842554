/**
 * Everything that explanations call unusual or wrong: how bad it is, what it is called, what it means and what to do. The
 * codes are part of `--json` and of the report's JSON: they stay as they are.
 */

export type Severity = "note" | "warning";

/** What is known of a kind of finding. */
export interface FindingInfo {
  readonly severity: Severity;
  /** A heading. */
  readonly title: string;
  /** A sentence or two: what it means. */
  readonly meaning: string;
  /** What to do about it. */
  readonly advice: string;
  /** Where the standard speaks of it; empty if none does. */
  readonly source: string;
}

const note = (title: string, meaning: string, advice: string, source = ""): FindingInfo => ({
  severity: "note",
  title,
  meaning,
  advice,
  source,
});
const warning = (title: string, meaning: string, advice: string, source = ""): FindingInfo => ({
  ...note(title, meaning, advice, source),
  severity: "warning",
});

export const FINDINGS = {
  "duplicate-address": warning(
    "Two stations claim one address",
    "Everybody else sends to whichever was heard last, so both lose packets.",
    "Give one of the two another address; the MAC addresses tell which machines they are.",
    "RFC 5227, 2.4",
  ),
  "address-moved": note(
    "An address moved to another MAC",
    "Another station has the address now: a new network card, a failover, an address lent anew by DHCP, or a forgery.",
    "Ask whether that was meant; if not, find the newer MAC address.",
    "RFC 5227, 2.4",
  ),
  "arp-spoofing": warning(
    "ARP looks forged",
    "Somebody changes by answers that nobody asked for where the traffic of others goes. So does one who wants to read it; so do some failover pairs.",
    "Find the station with that MAC; where the switch has it, turn on ARP inspection.",
    "RFC 826; RFC 5227, 5",
  ),
  "sender-mismatch": warning(
    "An ARP packet whose sender is not the frame's",
    "The Ethernet header and the ARP packet name different MAC addresses: a proxy or a failover protocol, or a forgery.",
    "Find out who sends it; the Ethernet header is the harder one to get wrong.",
  ),
  "group-mac-claimed": warning(
    "An address is said to be at a group's MAC",
    "A broadcast or multicast MAC is no station; who believes it sends everything to everybody.",
    "Find the sender. Hosts must not believe it; some clusters do this on purpose.",
    "RFC 1812, 3.3.2",
  ),
  "bad-arp-address": warning(
    "ARP about an address that is no host's",
    "Multicast, broadcast and loopback addresses belong to no single station, so ARP has nothing to say about them.",
    "Look at the sender's configuration: a wrong address or network mask.",
    "RFC 5227, 2.1.1; RFC 1122, 3.2.1.3",
  ),
  "proxy-arp": note(
    "One station answers for several addresses",
    "A router that stands in for others (proxy ARP), or a host with several addresses.",
    "Nothing, if the station is a router. Otherwise see whether the addresses are its own.",
    "RFC 1027",
  ),
  "unasked-reply": note(
    "An ARP reply to a question that was not seen",
    "The capture began after the question, or is at a place that it does not reach; or nobody asked.",
    "Nothing, if it is the first of its kind; many from one station look like forgery.",
    "RFC 826",
  ),
  "arp-too-fast": note(
    "Asked again within a second",
    "A host should ask for one address at most once a second, so that it does not flood the wire.",
    "Nothing, if a tool such as arping did it.",
    "RFC 1122, 2.3.2.1",
  ),
  "arp-scan": note(
    "One station asks for many addresses",
    "Who looks through a whole network asks so: a tool that maps it, a malicious program, or a router whose neighbours are probed from outside.",
    "Find out who runs it.",
  ),
  "address-taken": warning(
    "A probed address is taken",
    "A station asked before using an address, and another one has it: it must not use it.",
    "Give it another address, or see why two machines were given the same.",
    "RFC 5227, 2.1.1",
  ),
  "probe-conflict": warning(
    "Two stations probe for one address at once",
    "Both want it, and neither may take it.",
    "Give one of them another address.",
    "RFC 5227, 2.1.1",
  ),
  "address-defended": note(
    "A station defends its address",
    "Another one claimed it, and the owner announces it once more. It may do that once in ten seconds.",
    "See the conflict that came before.",
    "RFC 5227, 2.4",
  ),
  unanswered: warning(
    "Questions without an answer",
    "Nobody has the address that was asked for, it does not answer, or the answer was lost or does not pass here.",
    "See whether the one asked is there, is up, and is in the same network and VLAN.",
  ),
  "bad-checksum": warning(
    "A checksum is wrong",
    "The packet changed on its way, or was made wrongly. Hosts drop it without a word.",
    "If it was captured at the sender, its network card may fill the checksum in later: look at the other end.",
    "RFC 1122, 3.2.1.2 and 3.2.2",
  ),
  malformed: warning(
    "Headers that make no sense",
    "A frame is shorter than its headers, or their lengths contradict each other. Hosts drop it without a word.",
    "Find the sender: a defect, a damaged link, or somebody who tries what happens.",
    "RFC 1122, 3.2.1",
  ),
  "bad-source": warning(
    "A source address that nobody can have",
    "Multicast, broadcast and loopback addresses are nobody's to send from. Hosts drop it without a word.",
    "Find the sender by the frame's MAC address.",
    "RFC 1122, 3.2.1.3",
  ),
  "group-mac-mismatch": note(
    "The frame's group is not the packet's",
    "A packet for one host travels as broadcast or multicast, or one for a group goes to another group's MAC.",
    "See whether a load balancer or a bridge does that; hosts should not accept it.",
    "RFC 1122, 3.3.6; RFC 1112, 6.4",
  ),
  "ttl-zero": warning(
    "A packet that should not be on the wire: time to live 0",
    "Routers discard a packet whose time to live has run out; it must not be sent.",
    "Find the sender.",
    "RFC 1122, 3.2.1.7",
  ),
  "routing-loop": warning(
    "The same packet again, with a lower time to live",
    "A router sent it back onto this wire. If that goes on, the packet circles until its time to live runs out.",
    "Compare the routes of the two routers; a capture of both sides of one router shows the same and is harmless.",
    "RFC 791, 3.2",
  ),
  "not-from-here": warning(
    "Neighbor discovery from beyond a router",
    "Its hop limit is not 255, so a router has passed it on, or somebody pretends. Hosts drop it without a word.",
    "Find who sends it: it is not meant to cross routers.",
    "RFC 4861, 6.1 and 7.1",
  ),
  "fragment-overlap": warning(
    "Fragments that overlap",
    "Two fragments carry the same bytes of a datagram: hosts discard it all. Used to slip past firewalls.",
    "Find the sender.",
    "RFC 5722; RFC 1858",
  ),
  "bad-fragment": warning(
    "A fragment that fits nowhere",
    "All fragments but the last carry a multiple of 8 bytes, and none reaches beyond 65,535.",
    "Find the sender.",
    "RFC 791, 3.2",
  ),
  "icmp-error": warning(
    "A packet could not be delivered",
    "A router or the destination says why it gave up on a packet.",
    "See what the error says, and the frame that caused it.",
    "RFC 792; RFC 4443",
  ),
  "icmp-redirect": note(
    "A router tells of a better way",
    "There is a router on this link that is nearer to the destination. Forgeries exist as well.",
    "Give the host the better route, or see who sent this.",
    "RFC 1122, 3.2.2.2",
  ),
  "source-quench": note(
    "Source quench",
    "Asks a host to send more slowly: nobody should send or heed this any more.",
    "Find the old or odd device that sends it.",
    "RFC 6633",
  ),
  "duplicate-reply": note(
    "An echo reply came twice",
    "Two stations answer, a frame was doubled on its way, or the capture sees it at two places.",
    "See whether the MAC addresses differ.",
    "RFC 792",
  ),
  "echo-repeated": note(
    "An echo request was sent again",
    "The sender repeats one that had no answer yet.",
    "See why there is no answer.",
    "RFC 792",
  ),
  "echo-changed": warning(
    "An echo came back changed",
    "The reply must carry the request's data unchanged.",
    "Something on the way, or the answering host, damages data.",
    "RFC 1122, 3.2.2.6",
  ),
  "tcp-refused": warning(
    "A connection was refused",
    "Nobody listens at that port, or a firewall says so.",
    "Start the server, or use the right port.",
    "RFC 9293, 3.5.2",
  ),
  "tcp-reset": note(
    "A connection was broken off",
    "One end gave the connection up at once, without taking leave: a program ended, or something in between cut it.",
    "See what the program at that end says.",
    "RFC 9293, 3.5.2",
  ),
  "tcp-resent": note(
    "Data were sent again",
    "They or their acknowledgement got lost, or came too late.",
    "A few are normal; many mean a bad or overloaded link.",
    "RFC 9293, 3.8.1; RFC 6298",
  ),
  "tcp-disordered": note(
    "Data out of order",
    "A segment overtook another, or one is missing: it was lost before it came here, or the capture missed it.",
    "See whether the gap is filled, and whether the capture lost frames.",
    "RFC 9293, 3.4",
  ),
  "tcp-duplicate-ack": note(
    "Repeated acknowledgements",
    "The receiver got something behind a gap and says again what it waits for; at the third, the sender sends it anew.",
    "Nothing, if the gap is filled; many mean losses.",
    "RFC 5681, 2 and 3.2",
  ),
  "tcp-window-closed": note(
    "The receiver's window is closed",
    "The receiving program does not take its data, so the sender has to wait.",
    "See why that program is slow.",
    "RFC 9293, 3.8.6",
  ),
  "dhcp-refused": warning(
    "A DHCP request was refused",
    "The server does not let the client have the address: wrong network, or lent to somebody else.",
    "The client begins anew; see whether two servers contradict each other.",
    "RFC 2131, 3.1",
  ),
  "dhcp-declined": warning(
    "A client declined the address it was lent",
    "It found somebody else using it.",
    "Find who uses an address from the server's range without asking.",
    "RFC 2131, 3.1",
  ),
  "dhcp-two-servers": warning(
    "Two DHCP servers offer addresses",
    "A client takes either one; with two that do not know of each other, addresses collide.",
    "Turn one off, unless both are meant to be there.",
    "RFC 2131, 3.1",
  ),
  "dns-error": note(
    "A name server could not answer",
    "The name does not exist, or the server refuses or fails.",
    "See whether the name is right and whether the server is meant to know it.",
    "RFC 1035, 4.1.1",
  ),
  "topology-change": note(
    "The spanning tree changes",
    "A link between bridges came or went: bridges forget what they learnt, and flood for a while.",
    "Once is normal when a cable is plugged in; often means a link that flaps.",
    "IEEE 802.1D, 8",
  ),
  "root-changed": note(
    "Another bridge became the root",
    "The whole network's paths are computed anew; a foreign bridge may draw all traffic to itself.",
    "Give the bridge that should be root the lowest priority, and guard ports where none should be.",
    "IEEE 802.1D, 8",
  ),
} as const satisfies Readonly<Record<string, FindingInfo>>;

export type FindingCode = keyof typeof FINDINGS;

export function severityOf(code: FindingCode): Severity {
  return FINDINGS[code].severity;
}
