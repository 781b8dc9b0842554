#!/bin/bash
# Makes the captures in this directory anew, in namespaces of its own: ./make.sh, as root, about 45 seconds.
# Needs iproute2, iputils ping and arping, tcpdump, python3-scapy. Then expect.py, which needs tshark.
#
#   cap-a (va 10.0.0.1) ---- (ra 10.0.0.254) cap-r (rb 192.168.1.254) ---- (vb 192.168.1.2) cap-b
set -u
cd "$(dirname "$0")" || exit 1
A=cap-a R=cap-r B=cap-b
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
  ip netns exec $n sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1 net.ipv4.icmp_ratelimit=0
done
ip link add name va netns $A address 02:00:00:00:00:01 type veth peer name ra netns $R address 02:00:00:00:00:fe
ip link add name vb netns $B address 02:00:00:00:00:02 type veth peer name rb netns $R address 02:00:00:00:00:fd
ip -n $A addr add 10.0.0.1/24 dev va
ip -n $R addr add 10.0.0.254/24 dev ra
ip -n $R addr add 192.168.1.254/24 dev rb
ip -n $B addr add 192.168.1.2/24 dev vb
ip -n $A link set va up
ip -n $R link set ra up
ip -n $R link set rb up
ip -n $B link set vb up
ip -n $A route add default via 10.0.0.254
ip -n $B route add default via 192.168.1.254
ip netns exec $R sysctl -qw net.ipv4.ip_forward=1 net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.all.send_redirects=1 net.ipv4.conf.ra.send_redirects=1
ip netns exec $B sysctl -qw net.ipv4.ipfrag_time=1

# start NAMESPACE INTERFACE FILE [FILTER]; stop
start() {
  : >"$LOG"
  ip netns exec $1 tcpdump --immediate-mode -U -n -w $3 -Z root -i $2 ${4:-} 2>"$LOG" &
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
scapy() { ip netns exec $1 /usr/bin/python3 -c "
from scapy.all import *
conf.verb = 0
A, R, ALL = '02:00:00:00:00:01', '02:00:00:00:00:fe', 'ff:ff:ff:ff:ff:ff'
$2"; }

start $A va arp.pcap
a ping -c 1 -W 1 10.0.0.254
a arping -c 1 -I va 10.0.0.254
a arping -c 1 -D -I va 10.0.0.254
a arping -c 1 -D -w 1 -I va 10.0.0.77
a arping -c 1 -U -I va 10.0.0.1
a arping -c 1 -A -I va 10.0.0.1
a arping -c 1 -w 1 -I va 10.0.0.99
scapy $A "
sendp(Ether(src=A, dst=ALL, type=0x8035)/ARP(op=3, hwsrc=A, hwdst=A, psrc='0.0.0.0', pdst='0.0.0.0'), iface='va')
sendp(Ether(src=R, dst=A, type=0x8035)/ARP(op=4, hwsrc=R, hwdst=A, psrc='10.0.0.254', pdst='200.1.2.3')/Padding(b'\\0'*18), iface='va')
sendp(Ether(src=A, dst=ALL)/ARP(op=25, hwsrc=A, psrc='10.0.0.1', pdst='10.0.0.3'), iface='va')"
stop

start $A va echo.pcap icmp
a ping -c 1 -s 0 192.168.1.2
a ping -c 1 -p c0ffee -s 57 192.168.1.2
a ping -c 1 -s 1472 -M do 192.168.1.2
a ping -c 1 -t 9 -Q 0xb8 192.168.1.2
a ping -c 1 -R 192.168.1.2
a ping -c 1 -T tsandaddr 192.168.1.2
a ping -c 1 -s 3001 192.168.1.2
stop

ip -n $R link set rb mtu 1400
ip -n $R route add prohibit 192.168.77.0/24
ip -n $R route add unreachable 192.168.78.0/24
ip -n $R route add 192.168.79.0/24 via 10.0.0.250
start $A va errors.pcap icmp
a ping -c 1 -W 1 -t 1 192.168.1.2          # time exceeded in transit
a ping -c 1 -W 1 -M do -s 1400 192.168.1.2 # fragmentation needed
sleep 2                                    # these three share a limit of about one a second
a ping -c 1 -W 1 192.168.77.1              # communication prohibited
sleep 2
a ping -c 1 -W 1 192.168.78.1              # host unreachable
sleep 2
a ping -c 1 -W 1 172.16.0.1                # network unreachable
a ping -c 1 -W 1 192.168.79.1              # redirect, and host unreachable 3 s later
a ping -c 1 -W 4 192.168.1.99              # host unreachable
a bash -c 'echo hello > /dev/udp/192.168.1.2/9'
scapy $A "
send(IP(dst='192.168.1.2', proto=253)/Raw(b'no such protocol'))
send(IP(dst='192.168.1.2', id=77, flags='MF')/ICMP(id=7, seq=7)/Raw(b'x'*16))
lsrr = IPOption(b'\\x83\\x0b\\x04' + bytes([10, 0, 0, 254, 192, 168, 1, 250]) + b'\\0')
send(IP(dst='192.168.1.2', options=[lsrr])/ICMP(id=8, seq=1))
# A record route option that claims 39 bytes of the 8 that are there: parameter problem.
h = bytes([0x47, 0, 0, 36, 0, 8, 0, 0, 64, 1, 0, 0, 10, 0, 0, 1, 192, 168, 1, 2]) + b'\\x07\\x27\\x03' + b'\\0'*5
h = h[:10] + checksum(h).to_bytes(2, 'big') + h[12:]
sendp(Ether(src=A, dst=R, type=0x800)/Raw(h + bytes(ICMP(id=8, seq=2))), iface='va')
send(IP(dst='192.168.1.2')/ICMP(type=13, id=9, seq=1, ts_ori=1000, ts_rx=0, ts_tx=0))
send(IP(dst='192.168.1.2')/ICMP(type=17, id=9, seq=2))
send(IP(dst='10.0.0.254')/ICMP(type=18, id=9, seq=3, addr_mask='255.255.255.0'))
send(IP(dst='224.0.0.1', ttl=1)/ICMP(type=10))
send(IP(dst='224.0.0.1', ttl=1)/ICMP(type=9))
quoted = IP(src='10.0.0.254', dst='10.0.0.1')/UDP(sport=1, dport=2)
send(IP(dst='10.0.0.254')/ICMP(type=4)/quoted)
send(IP(dst='10.0.0.254')/ICMP(type=42)/Raw(b'ext'))
send(IP(dst='10.0.0.254')/ICMP(type=200, code=7)/Raw(b'unknown'))
send(IP(dst='10.0.0.254')/ICMP(type=3, code=200, unused=5)/quoted)
ra = bytes([9, 0, 0, 0, 2, 2, 7, 8, 10, 0, 0, 254, 128, 0, 0, 0, 200, 0, 0, 253, 0, 0, 0, 5])
send(IP(dst='224.0.0.1', ttl=1, proto=1)/Raw(ra[:2] + checksum(ra).to_bytes(2, 'big') + ra[4:]))"
sleep 2 # the fragment's reassembly times out
stop

start $A va udp.pcap udp
a bash -c 'echo hello > /dev/udp/192.168.1.2/9' # the kernel leaves the checksum unfinished: tshark calls it bad
scapy $A "
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.setsockopt(socket.SOL_SOCKET, 11, 1) # SO_NO_CHECK
s.sendto(b'no checksum', ('192.168.1.2', 9))
send(IP(dst='192.168.1.2')/UDP(sport=5000, dport=9, chksum=0x1234)/Raw(b'bad checksum'))
send(IP(dst='192.168.1.2')/UDP(sport=65535, dport=9)/Raw(b''))
# Two bytes of data that make the sum 0xffff, so that the checksum would be 0 and is sent as 0xffff.
for w in range(65536):
    q = bytes(IP(src='10.0.0.1', dst='192.168.1.2')/UDP(sport=4000, dport=9)/Raw(w.to_bytes(2, 'big')))
    if q[26:28] == b'\\xff\\xff':
        sendp(Ether(src=A, dst=R, type=0x800)/Raw(q), iface='va')
        break"
stop

start $A va vlan.pcap
scapy $A "
e = Ether(src=A, dst=R)
s = Ether(src=A, dst=R, type=0x88a8)
o = Ether(src=A, dst=R, type=0x9100)
arp = ARP(hwsrc=A, psrc='10.0.0.1', pdst='10.0.0.3')
ip = IP(src='10.0.0.1', dst='10.0.0.254')/ICMP(id=1, seq=1)/Raw(b'tagged')
sendp(e/Dot1Q(vlan=10, prio=5)/ip, iface='va')
sendp(s/Dot1Q(vlan=100)/ip, iface='va')
sendp(s/Dot1Q(vlan=100, id=1)/Dot1Q(vlan=4094, prio=3)/ip, iface='va')
sendp(e/Dot1Q(vlan=0, prio=7, type=0x806)/arp, iface='va')
sendp(o/Dot1Q(vlan=1, id=1, type=0x8100)/Dot1Q(vlan=2, type=0x8100)/Dot1Q(vlan=3, prio=1, type=0x806)/arp, iface='va')"
stop

# The kernel's spanning tree, then SNAP and others by scapy.
ip -n $B link add name br0 address 02:00:00:00:00:b0 type bridge stp_state 1 hello_time 100 forward_delay 200
ip -n $B link add name p0 address 02:00:00:00:00:b1 type veth peer name p1
ip -n $B link set p0 master br0
ip -n $B link set p1 up
start $B p1 llc.pcap
ip -n $B link set br0 up
ip -n $B link set p0 up
sleep 1
scapy $B "
d = Dot3(src=A, dst=R)
arp = ARP(hwsrc=A, psrc='10.0.0.1', pdst='10.0.0.3')
snap = LLC(dsap=0xaa, ssap=0xaa, ctrl=3)
sendp(d/snap/SNAP(OUI=0, code=0x806)/arp, iface='p1')
sendp(Dot3(src=A, dst='01:00:0c:cc:cc:cc')/snap/SNAP(OUI=0xc, code=0x2000)/Raw(b'\\x02\\xb4\\0\\0'), iface='p1')
sendp(d/LLC(dsap=0xf0, ssap=0xf1, ctrl=0x01)/Raw(b'\\x01'), iface='p1')
tagged = Ether(src=A, dst=R, type=0x8100)/Dot1Q(vlan=5, type=0x26)
sendp(tagged/LLC(dsap=0x42, ssap=0x42, ctrl=3)/Raw(b'\\0'*35), iface='p1')"
stop
