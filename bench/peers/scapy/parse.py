"""Scapy takes frames apart: `parse.py WORK CORPUS`. Speaks as bench/worker.ts does; bench/corpus.ts describes the file."""

import json
import struct
import sys
import time

import scapy
from scapy.layers.inet import ICMP, IP
from scapy.layers.l2 import ARP, Dot1Q, Ether


def load(path):
    with open(path, "rb") as file:
        data = file.read()
    count = struct.unpack_from("<4I", data)[1]
    places = struct.unpack_from(f"<{2 * count}i", data, 16)
    start = 16 + 8 * count
    return [data[start + off : start + off + length] for off, length in zip(places[:count], places[count:])]


def mac(text):
    return int(text.replace(":", ""), 16)


def ipv4(text):
    return int.from_bytes(bytes(map(int, text.split("."))), "big")


def arp(frame):
    a = Ether(frame)[ARP]
    if (a.hwtype, a.ptype, a.hwlen, a.plen) != (1, 0x0800, 6, 4):
        return None
    sender, target = mac(a.hwsrc), mac(a.hwdst)
    return a.op, sender >> 32, sender, ipv4(a.psrc), target >> 32, target, ipv4(a.pdst)


def echo(frame):
    ether = Ether(frame)
    ip, icmp = ether[IP], ether[ICMP]
    if ip.version != 4 or ip.frag or ip.flags.MF or icmp.type not in (0, 8):
        return None
    fields = (ipv4(ip.src), ipv4(ip.dst), ip.ttl, icmp.type, icmp.code, icmp.id, icmp.seq, ip.len - ip.ihl * 4 - 8)
    return fields + (ether[Dot1Q].vlan,) if ether.haslayer(Dot1Q) else fields


WORKS = {"parse/arp": arp, "parse/icmp": echo, "parse/vlan": echo}


def one_pass(read, frames):
    sums = None
    for frame in frames:
        fields = read(frame)
        if fields is not None:
            sums = fields if sums is None else [a + b for a, b in zip(sums, fields)]
    value = 0
    for field in sums or ():
        value = (value * 31 + field) & 0xFFFFFFFF
    return value - (value >> 31 << 32)


def main():
    read = WORKS.get(sys.argv[1])
    if read is None:
        return say(absent=f"Scapy does not do {sys.argv[1]}")
    frames = load(sys.argv[2])
    say(version=scapy.VERSION)
    for line in sys.stdin:
        command, _, argument = line.strip().partition(" ")
        if command == "check":
            say(value=one_pass(read, frames))
        elif command == "round":
            passes, start = 0, time.perf_counter_ns()
            while passes == 0 or time.perf_counter_ns() - start < float(argument):
                one_pass(read, frames)
                passes += 1
            say(value=(time.perf_counter_ns() - start) / passes / len(frames))
        else:
            # Nothing is compiled that would have to be warmed, and its memory is not V8's.
            say()


def say(**answer):
    print(json.dumps(answer), flush=True)


main()
