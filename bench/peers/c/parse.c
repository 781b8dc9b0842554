/* The checks and reads of the parse cases in plain C: what a compiler makes of them is the measure for everybody. */
#include "bench.h"

enum { ETHERNET = 14, TAG = 4, ETHERTYPE_ARP = 0x0806, ETHERTYPE_IPV4 = 0x0800, ETHERTYPE_VLAN = 0x8100, ICMP = 1 };

/*
 * Timed, all fields go into one sum (`apart` 0), which is the least that keeps them from being left out; to be compared,
 * each has its own (`apart` 1).
 */
static inline __attribute__((always_inline)) uint32_t arp(const struct corpus *c, const int apart) {
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
    sums[1 * apart] += be16(arp + 8);
    sums[2 * apart] += be32(arp + 10);
    sums[3 * apart] += be32(arp + 14);
    sums[4 * apart] += be16(arp + 18);
    sums[5 * apart] += be32(arp + 20);
    sums[6 * apart] += be32(arp + 24);
  }
  return combine(sums, 7);
}

static uint32_t parse_arp(const struct corpus *c) { return arp(c, 0); }
static uint32_t check_arp(const struct corpus *c) { return arp(c, 1); }

/* From the IPv4 header at `off` on. Sums: addresses, time to live, type, code, identifier, sequence, data's length. */
static inline __attribute__((always_inline)) void echo(const uint8_t *frame, uint32_t off, uint32_t length,
                                                       uint32_t *sums, const int apart) {
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
  sums[1 * apart] += be32(ip + 16);
  sums[2 * apart] += ip[8];
  sums[3 * apart] += icmp[0];
  sums[4 * apart] += icmp[1];
  sums[5 * apart] += be16(icmp + 4);
  sums[6 * apart] += be16(icmp + 6);
  sums[7 * apart] += total - header - 8;
}

static inline __attribute__((always_inline)) uint32_t plain(const struct corpus *c, const int apart) {
  uint32_t sums[8] = {0};
  for (uint32_t i = 0; i < c->count; i++) {
    const uint8_t *frame = c->buffer + c->offset[i];
    const uint32_t length = c->length[i];
    if (length < ETHERNET || be16(frame + 12) != ETHERTYPE_IPV4) continue;
    echo(frame, ETHERNET, length, sums, apart);
  }
  return combine(sums, 8);
}

static uint32_t parse_icmp(const struct corpus *c) { return plain(c, 0); }
static uint32_t check_icmp(const struct corpus *c) { return plain(c, 1); }

/* One 802.1Q tag; its VLAN identifier as well. */
static inline __attribute__((always_inline)) uint32_t tagged(const struct corpus *c, const int apart) {
  uint32_t sums[9] = {0};
  for (uint32_t i = 0; i < c->count; i++) {
    const uint8_t *frame = c->buffer + c->offset[i];
    const uint32_t length = c->length[i];
    if (length < ETHERNET || be16(frame + 12) != ETHERTYPE_VLAN) continue;
    if (length < ETHERNET + TAG || be16(frame + 16) != ETHERTYPE_IPV4) continue;
    sums[8 * apart] += be16(frame + 14) & 0xfff;
    echo(frame, ETHERNET + TAG, length, sums, apart);
  }
  return combine(sums, 9);
}

static uint32_t parse_vlan(const struct corpus *c) { return tagged(c, 0); }
static uint32_t check_vlan(const struct corpus *c) { return tagged(c, 1); }

/*
 * Any frame of bench/frame-mix.ts: up to eight tags, LLC with a control field of one byte and without SNAP, ARP, echoes.
 * Sums: ARP's operation and addresses; an echo's as above without its code; tags, frames refused, and frames of other kinds.
 */
enum { REFUSED, OTHER, ARP_FRAME, IPV4_FRAME };

static int link_layer(const uint8_t *frame, uint32_t length, uint32_t *network, uint32_t *tags) {
  uint32_t at = 12;
  *tags = 0;
  if (length < ETHERNET) return REFUSED;
  uint32_t type = be16(frame + at);
  while (type == ETHERTYPE_VLAN || type == 0x88a8 || type == 0x9100 || type == 0x9200) {
    if (*tags == 8 || length - at < 6) return REFUSED;
    ++*tags;
    type = be16(frame + at + 4);
    at += TAG;
  }
  at += 2;
  *network = at;
  if (type == ETHERTYPE_IPV4) return IPV4_FRAME;
  if (type == ETHERTYPE_ARP) return ARP_FRAME;
  if (type > 1500) return OTHER;
  const uint32_t room = length - at < type ? length - at : type;
  return room < 3 ? REFUSED : OTHER;
}

static int arp_packet(const uint8_t *arp, uint32_t length, uint32_t *sums) {
  if (length < 8) return REFUSED;
  if (be16(arp) != 1 || be16(arp + 2) != ETHERTYPE_IPV4 || arp[4] != 6 || arp[5] != 4) return REFUSED;
  if (length < 28) return REFUSED;
  sums[0] += be16(arp + 6);
  sums[1] += be32(arp + 14);
  sums[2] += be32(arp + 24);
  return ARP_FRAME;
}

static int datagram(const uint8_t *ip, uint32_t length, uint32_t *sums) {
  if (length < 20) return REFUSED;
  const uint32_t header = (ip[0] & 15) * 4, total = be16(ip + 2);
  if (ip[0] >> 4 != 4 || header < 20 || total < header || total > length) return REFUSED;
  if (be16(ip + 6) & 0x3fff || ip[9] != ICMP) return OTHER;
  const uint8_t *icmp = ip + header;
  if (total - header < 8) return REFUSED;
  if (icmp[0] != 0 && icmp[0] != 8) return OTHER;
  sums[3] += be32(ip + 12);
  sums[4] += be32(ip + 16);
  sums[5] += ip[8];
  sums[6] += icmp[0];
  sums[7] += be16(icmp + 4);
  sums[8] += be16(icmp + 6);
  sums[9] += total - header - 8;
  return IPV4_FRAME;
}

static uint32_t parse_mixed(const struct corpus *c) {
  uint32_t sums[13] = {0};
  for (uint32_t i = 0; i < c->count; i++) {
    const uint8_t *frame = c->buffer + c->offset[i];
    const uint32_t length = c->length[i];
    uint32_t network = 0, tags;
    int kind = link_layer(frame, length, &network, &tags);
    if (kind == ARP_FRAME) kind = arp_packet(frame + network, length - network, sums);
    if (kind == IPV4_FRAME) kind = datagram(frame + network, length - network, sums);
    sums[10] += tags;
    sums[11] += kind == REFUSED;
    sums[12] += kind == OTHER;
  }
  return combine(sums, 13);
}

int main(int argc, char **argv) {
  static const struct work works[] = {
      {"parse/arp", parse_arp, check_arp},
      {"parse/icmp", parse_icmp, check_icmp},
      {"parse/vlan", parse_vlan, check_vlan},
      {"parse/mixed", parse_mixed, 0},
  };
  return serve(works, 4, argc, argv);
}
