#!/bin/bash
# Makes ipv6.pcap and igmp.pcap anew, in namespaces of its own: ./make-ipv6.sh, as root, about 40 seconds.
# Needs iproute2, iputils ping, tcpdump, python3-scapy. Then expect.py, which needs tshark.
#
#   six-a (va fd00:a::1) ---- (ra fd00:a::fe) six-r (rb fd00:b::fe) ---- (vb fd00:b::2) six-b
set -u
cd "$(dirname "$0")" || exit 1
A=six-a R=six-r B=six-b
MADE=
LOG=$(mktemp)
cleanup() {
  for n in $MADE; do ip netns del $n; done
  rm -f "$LOG"
}
trap cleanup EXIT

for n in $A $R $B; do
  ip netns add $n || exit 1
  MADE="$MADE $n"
  ip -n $n link set lo up
  ip netns exec $n sysctl -qw net.ipv6.icmp.ratelimit=0 net.ipv6.conf.all.addr_gen_mode=0
done
ip link add name va netns $A address 02:00:00:00:00:01 type veth peer name ra netns $R address 02:00:00:00:00:fe
ip link add name vb netns $B address 02:00:00:00:00:02 type veth peer name rb netns $R address 02:00:00:00:00:fd
ip netns exec $R sysctl -qw net.ipv6.conf.all.forwarding=1
ip netns exec $B sysctl -qw net.ipv6.ip6frag_time=1

# start NAMESPACE INTERFACE FILE FILTER; stop
start() {
  : >"$LOG"
  ip netns exec $1 tcpdump --immediate-mode -U -n -w $3 -Z root -i $2 "$4" 2>"$LOG" &
  TCPDUMP=$!
  until grep -q listening "$LOG"; do sleep 0.1; done
  sleep 0.2
}
stop() {
  sleep 1.2
  kill -INT $TCPDUMP
  wait $TCPDUMP
}
a() { ip netns exec $A timeout 8 "$@" >/dev/null 2>&1; }
scapy() { ip netns exec $A /usr/bin/python3 -c "
from scapy.all import *
from scapy.contrib.igmp import IGMP
conf.verb = 0
E = Ether(src='02:00:00:00:00:01', dst='02:00:00:00:00:fe')
P = IPv6(src='fd00:a::1', dst='fd00:b::2')
ALL = Ether(src='02:00:00:00:00:fe', dst='33:33:00:00:00:01')/IPv6(src='fe80::ff:fe00:fe', dst='ff02::1', hlim=255)
def s(*packets):
    for p in packets: sendp(p, iface='va')
$1"; }

# From before the interface comes up: duplicate address detection, router solicitation, listener reports.
ip -n $A link set va up
start $A va ipv6.pcap ip6
ip -n $R addr add fd00:a::fe/64 dev ra
ip -n $R addr add fd00:b::fe/64 dev rb
ip -n $R link set ra up
ip -n $R link set rb up
ip -n $B addr add fd00:b::2/64 dev vb
ip -n $B link set vb up
ip -n $A addr add fd00:a::1/64 dev va
sleep 2.5
ip -n $A -6 route add default via fd00:a::fe
ip -n $B -6 route add default via fd00:b::fe
a ping -c 1 fd00:a::fe
a ping -c 1 -s 0 fd00:b::2
a ping -c 1 -p c0ffee -s 57 -Q 0xb8 -F 0x12345 fd00:b::2
a ping -c 1 -s 3001 fd00:b::2
a ping -c 1 -W 1 -t 1 fd00:b::2       # time exceeded
ip -n $R link set rb mtu 1300
a ping -c 1 -W 1 -M do -s 1400 fd00:b::2 # packet too big
ip -n $R link set rb mtu 1500
ip -n $R -6 route add prohibit fd00:c::/64
ip -n $R -6 route add unreachable fd00:d::/64
a ping -c 1 -W 1 fd00:c::1
a ping -c 1 -W 1 fd00:d::1
a ping -c 1 -W 1 fd00:f::1            # no route
a ping -c 1 -W 4 fd00:b::99           # address unreachable after 3 s
a bash -c 'echo hello > /dev/udp/fd00:b::2/9'
a bash -c 'echo hello > /dev/tcp/fd00:b::2/9'
ip netns exec $A /usr/bin/python3 -c "
import socket, struct, time
s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_JOIN_GROUP, socket.inet_pton(socket.AF_INET6, 'ff02::fb') + struct.pack('@i', socket.if_nametoindex('va')))
time.sleep(1.2)"
sleep 1.2
scapy "
s(E/IPv6(src='fd00:a::1', dst='fd00:b::2', nh=253)/Raw(b'no such header'))
s(E/P/IPv6ExtHdrDestOpt(options=[HBHOptUnknown(otype=0x9e, optdata=b'1234')])/UDP(sport=4000, dport=9)/Raw(b'unknown option'))
s(E/P/IPv6ExtHdrHopByHop(options=[RouterAlert(value=1)])/ICMPv6EchoRequest(id=5, seq=1, data=b'alert'))
s(E/P/IPv6ExtHdrDestOpt(options=[PadN(optdata=b'\\0'*4)])/ICMPv6EchoRequest(id=5, seq=2, data=b'padded'))
s(E/P/IPv6ExtHdrFragment(offset=0, m=1, id=77)/ICMPv6EchoRequest(id=5, seq=3, data=b'x'*8))
s(E/IPv6(src='fd00:a::1', dst='fd00:a::fe')/IPv6ExtHdrRouting(addresses=['fd00:b::2'])/UDP(sport=4000, dport=9)/Raw(b'by way of'))
s(E/IPv6(src='fd00:a::1', dst='fd00:a::fe')/IPv6ExtHdrSegmentRouting(addresses=['fd00:b::2', 'fd00:a::fe'], tag=7)/UDP(sport=4000, dport=9)/Raw(b'segments'))
s(E/P/AH(nh=58, payloadlen=4, spi=0x100, seq=5, icv=b'123456789012')/ICMPv6EchoRequest(id=5, seq=4))
s(E/P/ESP(spi=0x101, seq=6, data=b'x'*24))
ra = ICMPv6ND_RA(chlim=64, M=1, O=1, prf=1, routerlifetime=1800, reachabletime=30000, retranstimer=1000)
s(ALL/ra/ICMPv6NDOptSrcLLAddr(lladdr='02:00:00:00:00:fe')/ICMPv6NDOptMTU(mtu=1480)/ICMPv6NDOptPrefixInfo(prefix='fd00:aa::', prefixlen=64, L=1, A=0, validlifetime=3600, preferredlifetime=0xffffffff)/ICMPv6NDOptRDNSS(dns=['fd00:a::53'], lifetime=77)/ICMPv6NDOptDNSSL(searchlist=['example.org'], lifetime=99)/ICMPv6NDOptRouteInfo(prefix='fd00:bb::', plen=48, prf=3, rtlifetime=55)/ICMPv6NDOptUnknown(type=38, len=2, data=bytes([2, 88]) + bytes.fromhex('0064ff9b') + bytes(8)))
s(ALL/ICMPv6ND_NA(tgt='fd00:a::fe', R=1, S=0, O=1)/ICMPv6NDOptDstLLAddr(lladdr='02:00:00:00:00:fe'))
s(E/IPv6(src='fe80::ff:fe00:fe', dst='fd00:a::1', hlim=255)/ICMPv6ND_Redirect(tgt='fe80::77', dst='fd00:e::1')/ICMPv6NDOptDstLLAddr(lladdr='02:00:00:00:00:77'))
ML = IPv6(src='fe80::ff:fe00:fe', dst='ff02::1', hlim=1)/IPv6ExtHdrHopByHop(options=[RouterAlert(value=0)])
M = Ether(src='02:00:00:00:00:fe', dst='33:33:00:00:00:01')
s(M/ML/ICMPv6MLQuery(mrd=1000))
s(M/ML/ICMPv6MLReport(mladdr='ff05::7'), M/ML/ICMPv6MLDone(mladdr='ff05::7'))
s(M/ML/ICMPv6MLQuery2(mladdr='ff05::7', mrd=40000, S=1, QRV=2, QQIC=200, sources=['fd00::1', 'fd00::2']))
s(M/ML/ICMPv6MLReport2(records=[ICMPv6MLDMultAddrRec(rtype=5, dst='ff05::7', sources=['fd00::1']), ICMPv6MLDMultAddrRec(rtype=1, dst='ff05::8')]))
s(E/P/ICMPv6Unknown(type=200, code=7, msgbody=b'unknown'))"
sleep 2
stop

ip -n $A addr add 10.0.0.1/24 dev va
start $A va igmp.pcap igmp
for version in 1 2 3; do
  ip netns exec $A sysctl -qw net.ipv4.conf.va.force_igmp_version=$version
  ip netns exec $A /usr/bin/python3 -c "
import socket, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
group = socket.inet_aton('224.1.2.$version') + socket.inet_aton('10.0.0.1')
if $version == 3:
    source = socket.inet_aton('224.1.2.3') + socket.inet_aton('10.0.0.1') + socket.inet_aton('10.0.0.9')
    s.setsockopt(socket.IPPROTO_IP, 39, source) # IP_ADD_SOURCE_MEMBERSHIP
else:
    s.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, group)
time.sleep(1.2)"
  sleep 1.2
done
scapy "
Q = Ether(src='02:00:00:00:00:fe', dst='01:00:5e:00:00:01')
I = IP(src='10.0.0.254', dst='224.0.0.1', ttl=1, proto=2)
def g(b): return Raw(b[:2] + checksum(b[:2] + b'\\0\\0' + b[4:]).to_bytes(2, 'big') + b[4:])
s(Q/I/g(bytes([0x11, 0, 0, 0, 0, 0, 0, 0])), Q/I/g(bytes([0x11, 100, 0, 0, 224, 1, 2, 3])))
s(Q/I/g(bytes([0x11, 200, 0, 0, 224, 1, 2, 3, 0x0a, 0x9d, 0, 2, 10, 0, 0, 1, 10, 0, 0, 2])))
s(Q/I/Raw(bytes([0x16, 0, 0, 0, 224, 1, 2, 3])))"
stop
