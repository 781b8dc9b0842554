/* The checks and reads of the parse cases in plain C: what a compiler makes of them is the measure for everybody. */
#include "bench.h"

enum { ETHERNET = 14, TAG = 4, ETHERTYPE_ARP = 0x0806, ETHERTYPE_IPV4 = 0x0800, ETHERTYPE_VLAN = 0x8100, ICMP = 1 };

static uint32_t parse_arp(const struct corpus *c) {
  uint32_t sums[7] = {0};
  for (uint32_t i = 0; i < c->count; i++) {
    const uint8_t *frame = c->buffer + c->offset[i];
    const uint32_t length = c->length[i];
    if (length < ETHERNET || be16(frame + 12) != ETHERTYPE_ARP) continue;
    const uint8_t *arp = frame + ETHERNET;
    if (length < ETHERNET + 8) continue;
    if (be16(arp) != 1 || be16(arp + 2) != ETHERTYPE_IPV4 || arp[4] != 6 || arp[5] != 4) continue;
    if (length < ETHERNET + 28) continue;
    sums[0] += be16(arp + 6);
    sums[1] += be16(arp + 8);
    sums[2] += be32(arp + 10);
    sums[3] += be32(arp + 14);
    sums[4] += be16(arp + 18);
    sums[5] += be32(arp + 20);
    sums[6] += be32(arp + 24);
  }
  return combine(sums, 7);
}

/* From the IPv4 header at `off` on. Sums: addresses, time to live, type, code, identifier, sequence, data's length. */
static inline void echo(const uint8_t *frame, uint32_t off, uint32_t length, uint32_t *sums) {
  const uint8_t *ip = frame + off;
  if (length - off < 20) return;
  if (ip[0] >> 4 != 4) return;
  const uint32_t header = (ip[0] & 15) * 4;
  const uint32_t total = be16(ip + 2);
  if (header < 20 || total < header || off + total > length) return;
  if (be16(ip + 6) & 0x3fff || ip[9] != ICMP) return;
  const uint8_t *icmp = ip + header;
  if (total - header < 8) return;
  if (icmp[0] != 0 && icmp[0] != 8) return;
  sums[0] += be32(ip + 12);
  sums[1] += be32(ip + 16);
  sums[2] += ip[8];
  sums[3] += icmp[0];
  sums[4] += icmp[1];
  sums[5] += be16(icmp + 4);
  sums[6] += be16(icmp + 6);
  sums[7] += total - header - 8;
}

static uint32_t parse_icmp(const struct corpus *c) {
  uint32_t sums[8] = {0};
  for (uint32_t i = 0; i < c->count; i++) {
    const uint8_t *frame = c->buffer + c->offset[i];
    const uint32_t length = c->length[i];
    if (length < ETHERNET || be16(frame + 12) != ETHERTYPE_IPV4) continue;
    echo(frame, ETHERNET, length, sums);
  }
  return combine(sums, 8);
}

/* One 802.1Q tag; its VLAN identifier as well. */
static uint32_t parse_vlan(const struct corpus *c) {
  uint32_t sums[9] = {0};
  for (uint32_t i = 0; i < c->count; i++) {
    const uint8_t *frame = c->buffer + c->offset[i];
    const uint32_t length = c->length[i];
    if (length < ETHERNET || be16(frame + 12) != ETHERTYPE_VLAN) continue;
    if (length < ETHERNET + TAG || be16(frame + 16) != ETHERTYPE_IPV4) continue;
    sums[8] += be16(frame + 14) & 0xfff;
    echo(frame, ETHERNET + TAG, length, sums);
  }
  return combine(sums, 9);
}

int main(int argc, char **argv) {
  static const struct work works[] = {
      {"parse/arp", parse_arp, 0},
      {"parse/icmp", parse_icmp, 0},
      {"parse/vlan", parse_vlan, 0},
  };
  return serve(works, 3, argc, argv);
}
