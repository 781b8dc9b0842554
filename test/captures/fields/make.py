#!/usr/bin/python3
"""Makes fields.pcap: a frame of every kind whose fields are read, by Scapy. Debian: python3-scapy."""
from scapy.all import *

A, B = "02:00:00:00:00:01", "02:00:00:00:00:02"
e = Ether(src=A, dst=B)
ip = IP(src="10.0.0.1", dst="10.0.0.2")
ll = "fe80::1"
ip6 = IPv6(src=ll, dst="ff02::1", hlim=255)
six = IPv6(src="2001:db8::1", dst="2001:db8::2")
nested = raw(IP(src="10.0.0.2", dst="10.0.0.9", ttl=1) / UDP(sport=40000, dport=33434) / b"12345678")
frames = [
    e / ip / TCP(sport=40000, dport=80, flags="S", seq=1000, options=[("MSS", 1460), ("SAckOK", b""), ("Timestamp", (123, 0)), ("NOP", None), ("WScale", 7)]),
    e / ip / TCP(sport=80, dport=40000, flags="SA", seq=9000, ack=1001, options=[("MSS", 1400), ("NOP", None), ("NOP", None), ("SAckOK", b"")]),
    e / ip / TCP(sport=40000, dport=80, flags="PAUEC", seq=1001, ack=9001, urgptr=3, window=501) / b"GET / HTTP/1.0\r\n\r\n",
    e / ip / TCP(sport=40000, dport=80, flags="A", seq=1001, ack=9001, options=[("NOP", None), ("NOP", None), ("SAck", (9500, 9600, 9700, 9800))]),
    e / ip / TCP(sport=40000, dport=80, flags="RF", seq=1001, chksum=0x1234),
    e / IP(src="10.0.0.1", dst="10.0.0.2", options=[IPOption_RR(pointer=8, routers=["10.0.0.254", "0.0.0.0"]), IPOption_NOP()]) / ICMP(id=7, seq=1) / b"abcdefgh",
    e / IP(src="10.0.0.1", dst="224.0.0.22", ttl=1, tos=0xC0, options=[IPOption_Router_Alert()], proto=2) / Raw(bytes.fromhex("2200f3e400000002040000 00e0000 0fb 0300 0001 e1020304 0a000001".replace(" ", ""))),
    e / IP(src="10.0.0.1", dst="224.0.0.1", ttl=1, proto=2) / Raw(bytes.fromhex("1164ee9b00000000")),
    e / IP(src="10.0.0.1", dst="225.1.2.3", ttl=1, proto=2) / Raw(bytes.fromhex("1600061ae1020304")),
    e / ip / ICMP(type=3, code=4, nexthopmtu=1400) / nested,
    e / ip / ICMP(type=5, code=1, gw="10.0.0.254") / nested,
    e / ip / ICMP(type=11, code=0) / nested,
    e / ip / ICMP(type=12, code=0, ptr=20) / nested,
    e / ip / ICMP(type=13, id=9, seq=2, ts_ori=1, ts_rx=2, ts_tx=3),
    e / ip / ICMP(type=17, id=9, seq=2, addr_mask="255.255.255.0"),
    e / ip / Raw(bytes.fromhex("0900 0000 0202 0708 0a0000fe 00000000 0a0000fd ffffffff".replace(" ", ""))) if False else e / ip / ICMP(type=9) ,
    e / IP(src="10.0.0.1", dst="10.0.0.2", proto=4) / IP(src="1.2.3.4", dst="5.6.7.8") / UDP(sport=1, dport=2) / b"within",
    e / IP(src="10.0.0.1", dst="10.0.0.2", proto=41) / six / ICMPv6EchoRequest(id=3, seq=4, data=b"x"),
    e / IP(src="10.0.0.1", dst="10.0.0.2", frag=185, id=77) / b"the rest",
    e / IP(src="10.0.0.1", dst="10.0.0.2", flags="MF", id=77, proto=17) / UDP(sport=5, dport=6, len=2000, chksum=1) / (b"f" * 24),
    e / ip / UDP(sport=5, dport=6, chksum=0) / b"no checksum",
    e / ip / UDP(sport=5, dport=6, chksum=0xBEEF) / b"wrong checksum",
    e / ip6 / ICMPv6ND_NS(tgt="fe80::2") / ICMPv6NDOptSrcLLAddr(lladdr=A),
    e / ip6 / ICMPv6ND_NA(tgt="fe80::2", R=1, S=1, O=1) / ICMPv6NDOptDstLLAddr(lladdr=B),
    e / ip6 / ICMPv6ND_RS() / ICMPv6NDOptSrcLLAddr(lladdr=A),
    e / ip6 / ICMPv6ND_RA(M=1, O=1, prf=1, routerlifetime=1800) / ICMPv6NDOptPrefixInfo(prefix="2001:db8::", prefixlen=64) / ICMPv6NDOptMTU(mtu=1500) / ICMPv6NDOptRDNSS(dns=["2001:db8::53"], lifetime=600),
    e / ip6 / ICMPv6ND_Redirect(tgt="fe80::9", dst="2001:db8::7") / ICMPv6NDOptDstLLAddr(lladdr=B),
    e / IPv6(src=ll, dst="ff02::16", hlim=1) / IPv6ExtHdrHopByHop(options=[RouterAlert()]) / ICMPv6MLReport2(records=[ICMPv6MLDMultAddrRec(rtype=4, dst="ff02::fb"), ICMPv6MLDMultAddrRec(rtype=3, dst="ff05::1:3", sources=["2001:db8::9"])]),
    e / IPv6(src=ll, dst="ff02::1", hlim=1) / IPv6ExtHdrHopByHop(options=[RouterAlert()]) / ICMPv6MLQuery2(mladdr="ff02::fb", mrd=1000, QRV=2, QQIC=125, sources=["2001:db8::9"]),
    e / IPv6(src=ll, dst="ff02::2", hlim=1) / IPv6ExtHdrHopByHop(options=[RouterAlert()]) / ICMPv6MLDone(mladdr="ff02::fb"),
    e / six / ICMPv6EchoReply(id=1, seq=2, data=b"data"),
    e / six / ICMPv6PacketTooBig(mtu=1280) / six / UDP(sport=7, dport=8) / b"quoted",
    e / six / ICMPv6DestUnreach(code=4) / six / UDP(sport=7, dport=8) / b"quoted",
    e / six / ICMPv6ParamProblem(code=1, ptr=6) / six / b"1234",
    e / six / IPv6ExtHdrDestOpt(options=[PadN(optdata=b"\0\0"), HAO(hoa="2001:db8::5")]) / UDP(sport=9, dport=10) / b"d",
    e / six / IPv6ExtHdrRouting(addresses=["2001:db8::3", "2001:db8::4"], segleft=2) / UDP(sport=9, dport=10) / b"d",
    e / six / IPv6ExtHdrFragment(offset=0, m=1, id=99) / UDP(sport=9, dport=10, len=2000, chksum=7) / (b"f" * 24),
    e / six / IPv6ExtHdrFragment(offset=4, m=0, id=99) / (b"f" * 24),
    e / six / TCP(sport=1, dport=2, flags="S", options=[("MSS", 1440)]),
    Ether(src=A, dst="01:80:c2:00:00:00") / Dot3().__class__(src=A, dst="01:80:c2:00:00:00") if False else Dot3(src=A, dst="01:80:c2:00:00:00") / LLC() / STP(rootid=32768, rootmac=A, bridgeid=32769, bridgemac=B, portid=0x8002, age=1.5),
    Ether(src=A, dst="01:80:c2:00:00:0e", type=0x88CC) / Raw(bytes.fromhex("020704020000000001" "040703020000000001" "06020078" "0a0373 7731".replace(" ", "") + "0e0400140004" "100c0501 0a000001 02000000 0100".replace(" ", "") + "fe060080c2010001" "0000")),
    e / IP(src="0.0.0.0", dst="255.255.255.255") / UDP(sport=68, dport=67) / BOOTP(chaddr=bytes.fromhex("020000000001"), xid=0x12345678, flags=0x8000) / DHCP(options=[("message-type", "discover"), ("client_id", b"\1" + bytes.fromhex("020000000001")), ("hostname", b"host"), ("requested_addr", "10.0.0.9"), ("param_req_list", [1, 3, 6]), "end"]),
    e / IP(src="10.0.0.1", dst="10.0.0.9") / UDP(sport=67, dport=68) / BOOTP(op=2, chaddr=bytes.fromhex("020000000001"), xid=0x12345678, yiaddr="10.0.0.9", siaddr="10.0.0.1", sname=b"server", file=b"boot") / DHCP(options=[("message-type", "ack"), ("server_id", "10.0.0.1"), ("lease_time", 3600), ("renewal_time", 1800), ("subnet_mask", "255.255.255.0"), ("router", "10.0.0.1", "10.0.0.254"), ("name_server", "10.0.0.1"), ("domain", b"lab.test"), "end"]),
    e / ip / UDP(sport=5000, dport=53) / DNS(id=1, rd=1, qd=DNSQR(qname="host.lab.test", qtype="AAAA"), ar=DNSRROPT(rclass=1232)),
    e / ip / UDP(sport=53, dport=5000) / DNS(id=1, qr=1, rd=1, ra=1, aa=1, qd=DNSQR(qname="host.lab.test"), an=DNSRR(rrname="host.lab.test", ttl=60, type="CNAME", rdata="alias.lab.test") / DNSRR(rrname="alias.lab.test", ttl=60, rdata="10.0.0.7") / DNSRR(rrname="alias.lab.test", type="TXT", ttl=5, rdata=[b"some text"]), ns=DNSRRSOA(rrname="lab.test", mname="ns.lab.test", rname="root.lab.test", serial=1, refresh=2, retry=3, expire=4, minimum=5), ar=DNSRRSRV(rrname="_x._tcp.lab.test", priority=1, weight=2, port=3, target="srv.lab.test")),
    e / ip / UDP(sport=53, dport=5000) / DNS(id=2, qr=1, rcode=3, qd=DNSQR(qname="none.lab.test", qtype="MX")),
    e / ip / UDP(sport=5353, dport=5353) / DNS(qr=1, aa=1, qd=None, an=DNSRR(rrname="_http._tcp.local", type="PTR", ttl=120, rdata="web._http._tcp.local")),
    Ether(src=A, dst=B) / Dot1AD(vlan=100, prio=5) / Dot1Q(vlan=10, id=1) / ip / ICMP(id=1, seq=1),
    e / ARP(op=2, hwsrc=A, psrc="10.0.0.1", hwdst=B, pdst="10.0.0.2"),
    Ether(src=A, dst=B, type=0x9999) / b"what is this?",
]
frames = [Ether(raw(f)) if not isinstance(f, Dot3) else Dot3(raw(f)) for f in frames]
for i, f in enumerate(frames):
    f.time = 1700000000 + i
wrpcap("fields.pcap", frames, linktype=1)
