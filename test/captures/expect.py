#!/usr/bin/python3
"""Writes what tshark (4.0.17 when last run) reads in each capture here, one JSON object a frame: python3 expect.py"""
import json
import os
import subprocess

FIELDS = """
eth.dst eth.src eth.type eth.len
ieee8021ad.id ieee8021ad.priority ieee8021ad.dei vlan.id vlan.priority vlan.dei vlan.etype
llc.dsap llc.ssap llc.control llc.oui llc.type llc.cisco_pid
arp.hw.type arp.proto.type arp.hw.size arp.proto.size arp.opcode arp.isgratuitous
arp.src.hw_mac arp.src.proto_ipv4 arp.dst.hw_mac arp.dst.proto_ipv4
ip.version ip.hdr_len ip.dsfield ip.len ip.id ip.flags ip.flags.df ip.flags.mf ip.frag_offset ip.ttl ip.proto
ip.checksum ip.checksum.status ip.src ip.dst ip.opt.type
icmp.type icmp.code icmp.checksum icmp.checksum.status icmp.ident icmp.seq icmp.mtu icmp.redir_gw icmp.pointer
icmp.originate_timestamp icmp.receive_timestamp icmp.transmit_timestamp icmp.address_mask
icmp.num_addrs icmp.addr_entry_size icmp.lifetime icmp.router_address icmp.pref_level
udp.srcport udp.dstport udp.length udp.checksum udp.checksum.status
""".split()

FIELDS_6 = """
eth.dst eth.src eth.type
ip.src ip.dst
ipv6.version ipv6.tclass ipv6.flow ipv6.plen ipv6.nxt ipv6.hlim ipv6.src ipv6.dst
ipv6.hopopts.nxt ipv6.dstopts.nxt ipv6.opt.type
ipv6.routing.nxt ipv6.routing.type ipv6.routing.segleft ipv6.routing.src.addr ipv6.routing.srh.addr
ipv6.fraghdr.nxt ipv6.fraghdr.offset ipv6.fraghdr.more ipv6.fraghdr.ident
ah.next_header ah.spi ah.sequence esp.spi esp.sequence
icmpv6.type icmpv6.code icmpv6.checksum icmpv6.checksum.status
icmpv6.echo.identifier icmpv6.echo.sequence_number icmpv6.mtu icmpv6.pointer
icmpv6.nd.ra.cur_hop_limit icmpv6.nd.ra.flag icmpv6.nd.ra.router_lifetime icmpv6.nd.ra.reachable_time
icmpv6.nd.ra.retrans_timer icmpv6.nd.ns.target_address icmpv6.nd.na.target_address
icmpv6.nd.na.flag.r icmpv6.nd.na.flag.s icmpv6.nd.na.flag.o icmpv6.nd.rd.target_address
icmpv6.opt.type icmpv6.opt.length icmpv6.opt.mtu icmpv6.opt.prefix.length icmpv6.opt.prefix.valid_lifetime
icmpv6.opt.prefix.preferred_lifetime icmpv6.opt.rdnss.lifetime icmpv6.opt.route_lifetime
icmpv6.mld.maximum_response_delay icmpv6.mld.multicast_address icmpv6.mld.flag.s icmpv6.mld.flag.qrv
icmpv6.mld.nb_sources icmpv6.mld.source_address
icmpv6.mldr.nb_mcast_records icmpv6.mldr.mar.record_type icmpv6.mldr.mar.nb_sources
icmpv6.mldr.mar.multicast_address icmpv6.mldr.mar.source_address
igmp.type igmp.max_resp igmp.checksum igmp.checksum.status igmp.maddr igmp.s igmp.qrv igmp.qqic
igmp.num_src igmp.saddr igmp.num_grp_recs igmp.record_type
udp.srcport udp.dstport udp.length udp.checksum
""".split()

os.chdir(os.path.dirname(os.path.abspath(__file__)))
captures = {name: FIELDS for name in ["arp", "echo", "errors", "udp", "vlan", "llc"]}
captures.update({name: FIELDS_6 for name in ["ipv6", "igmp"]})
for name, fields in captures.items():
    options = ["ip.check_checksum:TRUE", "udp.check_checksum:TRUE", "ip.defragment:FALSE", "ipv6.defragment:FALSE"]
    command = ["tshark", "-n", "-r", name + ".pcap", "-T", "fields", "-E", "separator=/t", "-E", "aggregator=;"]
    command += [word for option in options for word in ("-o", option)]
    command += [word for field in fields for word in ("-e", field)]
    lines = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    rows = [{f: v.split(";") for f, v in zip(fields, line.split("\t")) if v} for line in lines]
    with open(name + ".jsonl", "w") as out:
        out.writelines(json.dumps(row) + "\n" for row in rows)
