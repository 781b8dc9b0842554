#!/bin/bash
# Makes neighbours.pcap anew, and what tcpdump prints for it: ./make-neighbours.sh, as root, about 15 seconds, in namespaces
# of its own. Needs iproute2, tcpdump, python3, lldpd (unpacked aside will do: its path, or lldpd, as the argument, and its
# libraries in LD_LIBRARY_PATH).
#
#   nb-a (va 10.0.0.1, lldpd) ---- (vb, a port of the bridge br0 10.0.0.2, which speaks spanning tree) nb-b
set -u
cd "$(dirname "$0")" || exit 1
LLDPD=${1:-lldpd}
A=nb-a B=nb-b
MADE=
STARTED=
TMP=$(mktemp -d)
cleanup() {
  for p in $STARTED; do kill $p 2>/dev/null; done
  for n in $MADE; do ip netns del $n; done
  rm -rf "$TMP"
}
trap cleanup EXIT
for n in $A $B; do
  ip netns add $n || exit 1
  MADE="$MADE $n"
  ip -n $n link set lo up
  ip netns exec $n sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1 net.ipv4.tcp_fastopen=3
done
ip link add name va netns $A address 02:00:00:00:00:01 type veth peer name vb netns $B address 02:00:00:00:00:02
ip -n $B link add name br0 address 02:00:00:00:00:03 type bridge stp_state 1 hello_time 100 forward_delay 200 priority 4096
ip -n $B link set vb master br0
ip -n $A addr add 10.0.0.1/24 dev va
ip -n $A addr add 10.0.0.11/24 dev va
ip -n $B addr add 10.0.0.2/24 dev br0
ip -n $B addr add 10.0.0.12/24 dev br0
ip -n $A mptcp endpoint add 10.0.0.11 subflow
ip -n $B mptcp endpoint add 10.0.0.12 signal

ip -n $A link set va up
ip -n $B link set br0 up
ip -n $B link set vb up
ip netns exec $A tcpdump --immediate-mode -U -n -w "$TMP/all" -Z root -i va 'tcp or stp or ether proto 0x88cc' 2>"$TMP/log" &
CAPTURE=$!
STARTED=$CAPTURE
until grep -q listening "$TMP/log"; do sleep 0.1; done

# lldpd wants a user and a directory of its own; both exist in its mount namespace only.
grep -v '^_lldpd:' /etc/passwd >"$TMP/passwd"
echo "_lldpd:x:65534:65534::/:/bin/false" >>"$TMP/passwd"
grep -v '^_lldpd:' /etc/group >"$TMP/group"
echo "_lldpd:x:65534:" >>"$TMP/group"
LLDPCLI=$(command -v "${LLDPD%lldpd}lldpcli")
export LLDPD LLDPCLI TMP
ip netns exec $A unshare --mount sh -c 'mount --bind $TMP/passwd /etc/passwd && mount --bind $TMP/group /etc/group &&
  mount -t tmpfs none /run && mkdir /run/lldpd && exec $LLDPD -d -L $LLDPCLI -u $TMP/socket -M 3 -S "a neighbour" -m 10.0.0.1' \
  >/dev/null 2>&1 &
STARTED="$STARTED $!"
sleep 6

cat >"$TMP/talk.py" <<'P'
import socket, struct, sys, time
side, kind = sys.argv[1:]
protocol = 262 if kind == "mptcp" else 0
port = {"mptcp": 9001, "md5": 9002, "oob": 9003, "http": 80, "refused": 9004}[kind]
s = socket.socket(socket.AF_INET, socket.SOCK_STREAM, protocol)
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
if kind == "md5":
    peer = "10.0.0.1" if side == "server" else "10.0.0.2"
    address = struct.pack("=HH4s120x", socket.AF_INET, 0, socket.inet_aton(peer))
    s.setsockopt(socket.IPPROTO_TCP, 14, address + struct.pack("=BBHi80s", 0, 0, 3, 0, b"key"))
if side == "server":
    s.bind(("10.0.0.2", port)); s.listen()
    c, _ = s.accept()
    data = c.recv(100)
    c.sendall(b"HTTP/1.1 204 No Content\r\nServer: none\r\n\r\n" if kind == "http" else b"answer")
    time.sleep(0.7)
    c.close()
else:
    s.settimeout(3)
    try:
        s.connect(("10.0.0.2", port))
    except OSError:
        sys.exit()
    if kind == "oob": s.send(b"now", socket.MSG_OOB)
    s.sendall(b"GET / HTTP/1.1\r\nHost: 10.0.0.2\r\n\r\n" if kind == "http" else b"hello")
    s.recv(100)
    time.sleep(0.5)
    s.close()
P
for kind in mptcp md5 oob http refused; do
  [ $kind = refused ] || ip netns exec $B timeout 5 python3 "$TMP/talk.py" server $kind &
  sleep 0.5
  ip netns exec $A timeout 5 python3 "$TMP/talk.py" client $kind
  sleep 1
done
kill -INT $CAPTURE
wait $CAPTURE
# Of the spanning tree's frames a few are enough.
tcpdump -r "$TMP/all" -w "$TMP/stp" -c 6 stp 2>/dev/null
tcpdump -r "$TMP/all" -w "$TMP/rest" not stp 2>/dev/null
mergecap -F pcap -w neighbours.pcap "$TMP/stp" "$TMP/rest" || exit 1
TZ=UTC tcpdump -n -r neighbours.pcap -# >neighbours.plain.txt
TZ=UTC tcpdump -n -r neighbours.pcap -# -vv -e >neighbours.vve.txt
