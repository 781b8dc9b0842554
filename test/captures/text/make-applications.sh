#!/bin/bash
# Makes dhcp.pcap, dns.pcap and mdns.pcap anew, and what tcpdump prints for them: ./make-applications.sh, as root, about 30
# seconds, in namespaces of its own. Needs iproute2, tcpdump, dnsmasq, udhcpc, dhclient, dig, nsupdate, avahi-daemon.
#
#   app-c (v0 10.0.0.1) ---- (v1 10.0.0.2) app-s
set -u
cd "$(dirname "$0")" || exit 1
C=app-c S=app-s
MADE=
STARTED=
TMP=$(mktemp -d)
cleanup() {
  for p in $STARTED; do kill $p 2>/dev/null; done
  for n in $MADE; do ip netns del $n; done
  rm -rf "$TMP"
}
trap cleanup EXIT
for n in $C $S; do
  ip netns add $n || exit 1
  MADE="$MADE $n"
  ip -n $n link set lo up
done
ip link add name v0 netns $C address 02:00:00:00:00:01 type veth peer name v1 netns $S address 02:00:00:00:00:02
ip netns exec $C sysctl -qw net.ipv6.conf.v0.accept_dad=0
ip netns exec $S sysctl -qw net.ipv6.conf.v1.accept_dad=0
ip -n $S addr add 10.0.0.2/24 dev v1
ip -n $S addr add 10.0.0.3/24 dev v1
ip -n $C link set v0 up
ip -n $S link set v1 up

c() { ip netns exec $C timeout 10 "$@" >/dev/null 2>&1; }
# start NAMESPACE COMMAND…: in the background, ended by cleanup
start() {
  ip netns exec "$@" >/dev/null 2>&1 &
  STARTED="$STARTED $!"
}
# record FILE FILTER [OPTIONS]; stop
record() {
  : >"$TMP/log"
  ip netns exec $C tcpdump --immediate-mode -U -n -w "$TMP/$1" -Z root -i v0 ${3:-} "$2" 2>"$TMP/log" &
  TCPDUMP=$!
  until grep -q listening "$TMP/log"; do sleep 0.1; done
}
stop() {
  sleep 1
  kill -INT $TCPDUMP 2>/dev/null
  wait $TCPDUMP
  cp "$TMP/$1" $1
}

long=$(printf 'x%.0s' {1..200})
start $S dnsmasq -k --conf-file=/dev/null --no-resolv --no-hosts --user=root --log-facility="$TMP/dnsmasq.log" \
  --pid-file="$TMP/dnsmasq.pid" --listen-address=10.0.0.2 --bind-interfaces --dhcp-leasefile="$TMP/leases" --dhcp-authoritative \
  --dhcp-range=10.0.0.100,10.0.0.150,255.255.255.0,1h --domain=lab.example --expand-hosts --dhcp-broadcast \
  --dhcp-option=3,10.0.0.254 --dhcp-option=42,10.0.0.2,10.0.0.3 --dhcp-option=119,lab.example,example.net \
  --dhcp-option=121,192.168.0.0/24,10.0.0.254,0.0.0.0/0,10.0.0.254 --dhcp-option=26,1400 --dhcp-option=252,http://wpad/ \
  --dhcp-option=44,10.0.0.2 --dhcp-option=46,8 --dhcp-option=108,0:0:7:8 --dhcp-option=2,-3600 --dhcp-option=19,0 \
  --dhcp-option=vendor:udhcp,1,01:02:03 --dhcp-boot=pxelinux.0,bootserver,10.0.0.2 --dhcp-match=set:pxe,60,PXE \
  --host-record=www.lab.example,192.0.2.1,2001:db8::1 --host-record=mail.lab.example,192.0.2.25 \
  --cname=alias.lab.example,www.lab.example --mx-host=lab.example,mail.lab.example,10 \
  --srv-host=_sip._tcp.lab.example,www.lab.example,5060,1,2 --txt-record=lab.example,"v=spf1 -all",second \
  --txt-record=big.lab.example,$long,$long,$long --naptr-record=lab.example,1,2,s,SIP+D2T,,_sip._tcp.lab.example \
  --caa-record=lab.example,0,issue,ca.example --dns-rr=raw.lab.example,65280,01:02:03 --ptr-record=_http._tcp.lab.example,www
start $S dnsmasq -k --conf-file=/dev/null --no-resolv --no-hosts --user=root --pid-file="$TMP/auth.pid" --bind-interfaces \
  --listen-address=10.0.0.3 --auth-server=ns.lab.example,10.0.0.3 --auth-zone=auth.example,10.0.0.0/24 \
  --auth-soa=2024010101,hostmaster.auth.example,1200,120,604800 --host-record=www.auth.example,10.0.0.7 --auth-peer=10.0.0.1
sleep 0.5

record dhcp.pcap "udp port 67"
printf '#!/bin/sh\n' >"$TMP/nothing"
chmod +x "$TMP/nothing"
c udhcpc -i v0 -n -q -f -R -s "$TMP/nothing" -t 2 -x hostname:client -x 0x52:0104706f7274 -O 121 -O 42
c udhcpc -i v0 -n -q -f -s "$TMP/nothing" -t 2 -F client.lab.example -V PXEClient -r 10.0.0.120
c udhcpc -i v0 -n -q -f -s "$TMP/nothing" -t 2 -r 172.16.0.1 -C
cat >"$TMP/dhclient.conf" <<'CONF'
send host-name "isc";
send fqdn.fqdn "isc.lab.example.";
send fqdn.encoded on;
send fqdn.server-update on;
send dhcp-client-identifier = hardware;
send user-class "someclass";
also request rfc3442-classless-static-routes, ntp-servers, tftp-server-name, bootfile-name;
CONF
c dhclient -1 -v -cf "$TMP/dhclient.conf" -lf "$TMP/dhclient.leases" -pf "$TMP/dhclient.pid" -sf "$TMP/nothing" v0
c dhclient -r -cf "$TMP/dhclient.conf" -lf "$TMP/dhclient.leases" -pf "$TMP/dhclient.pid" -sf "$TMP/nothing" v0
stop dhcp.pcap

ip -n $C addr add 10.0.0.1/24 dev v0
record dns.pcap "port 53"
q() { c dig @${SERVER:-10.0.0.2} +tries=1 +timeout=2 "$@"; }
q www.lab.example
q +noedns www.lab.example AAAA
q +nocookie alias.lab.example
q lab.example MX
q _sip._tcp.lab.example SRV
q lab.example TXT
q +bufsize=512 +ignore big.lab.example TXT
q +tcp big.lab.example TXT
q lab.example NAPTR
q lab.example CAA
q raw.lab.example TYPE65280
q _http._tcp.lab.example PTR
q -x 192.0.2.1
q nothing.lab.example
q www.elsewhere.example
q version.bind CH TXT
SERVER=10.0.0.3 q +norecurse +cdflag +adflag +dnssec auth.example SOA
SERVER=10.0.0.3 q auth.example NS
SERVER=10.0.0.3 q nothing.auth.example
SERVER=10.0.0.3 q auth.example AXFR
q +subnet=192.0.2.0/24 +nsid +expire +ednsopt=65001:00ff www.lab.example
q +padding=64 +keepalive +tcp www.lab.example ANY
q +ednsflags=0x4000 +edns=1 +noednsneg www.lab.example
q +opcode=status www.lab.example
q +opcode=notify +aaflag auth.example SOA
q +qr 'odd\.label\032with\255bytes.lab.example'
q +noedns +header-only
printf 'server 10.0.0.2\nzone lab.example\nprereq nxdomain new.lab.example\nupdate add new.lab.example 60 A 192.0.2.9\nupdate delete old.lab.example\nsend\n' >"$TMP/update"
c nsupdate -u 1 -r 0 "$TMP/update"
printf 'server 10.0.0.2\nkey hmac-sha256:key.example c2VjcmV0c2VjcmV0\nzone lab.example\nupdate add new.lab.example 60 A 192.0.2.9\nsend\n' >"$TMP/update"
c nsupdate -u 1 -r 0 "$TMP/update"
stop dns.pcap

# avahi without D-Bus; each with a name and a service of its own.
mkdir "$TMP/services"
cat >"$TMP/services/http.service" <<'XML'
<?xml version="1.0" standalone='no'?><!DOCTYPE service-group SYSTEM "avahi-service.dtd">
<service-group><name replace-wildcards="yes">Printer "é" on %h</name>
<service><type>_http._tcp</type><subtype>_printer._sub._http._tcp</subtype><port>80</port><txt-record>path=/</txt-record><txt-record>q</txt-record></service>
</service-group>
XML
avahi() {
  printf "[server]\nhost-name=$2\nenable-dbus=no\nallow-interfaces=$3\n[publish]\npublish-hinfo=yes\npublish-workstation=yes\n" >"$TMP/$2.conf"
  start $1 unshare -m sh -c "mount -t tmpfs none /run; mkdir /run/avahi-daemon; mount --bind $TMP/services /etc/avahi/services;
    exec avahi-daemon --no-drop-root --no-chroot --no-rlimits -f $TMP/$2.conf"
}
record mdns.pcap "udp port 5353" "-c 30"
avahi $C one v0
sleep 3
avahi $S two v1
sleep 4
c dig @224.0.0.251 -p 5353 +tries=1 +timeout=1 +noedns _http._tcp.local PTR
c dig @224.0.0.251 -p 5353 +tries=1 +timeout=1 one.local ANY
kill $STARTED
STARTED=
stop mdns.pcap

for name in dhcp dns mdns; do
  for options in ":plain" "-v:v" "-vvv:vvv"; do
    TZ=UTC tcpdump -n -r $name.pcap -# ${options%:*} 2>/dev/null >$name.${options#*:}.txt
  done
done
wc -l *.plain.txt
