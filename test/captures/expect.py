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

os.chdir(os.path.dirname(os.path.abspath(__file__)))
for name in ["arp", "echo", "errors", "udp", "vlan", "llc"]:
    options = ["ip.check_checksum:TRUE", "udp.check_checksum:TRUE", "ip.defragment:FALSE"]
    command = ["tshark", "-n", "-r", name + ".pcap", "-T", "fields", "-E", "separator=/t", "-E", "aggregator=;"]
    command += [word for option in options for word in ("-o", option)]
    command += [word for field in FIELDS for word in ("-e", field)]
    lines = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    rows = [{f: v.split(";") for f, v in zip(FIELDS, line.split("\t")) if v} for line in lines]
    with open(name + ".jsonl", "w") as out:
        out.writelines(json.dumps(row) + "\n" for row in rows)
