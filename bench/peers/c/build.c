/* Frames written into the slots of a send batch. The constants are those of bench/frames.ts. */
#include "bench.h"

enum { SLOT = 128, SLOTS = 64, ETHERNET = 14, ARP = 28, HEADERS = ETHERNET + 20 };

static const uint8_t our_mac[6] = {0x02, 0x76, 0x0a, 0x00, 0x00, 0x02};
static uint8_t out[SLOT * SLOTS];

/* Everything written so far counts as read: nothing may be left out. */
static inline void keep(void) { __asm__ volatile("" ::: "memory"); }

static inline void arp_reply(const uint8_t *request, uint8_t *frame) {
  const uint8_t *asked = request + ETHERNET;
  uint8_t *arp = frame + ETHERNET;
  memcpy(frame, asked + 8, 6);
  memcpy(frame + 6, our_mac, 6);
  put16(frame + 12, 0x0806);
  put16(arp, 1);
  put16(arp + 2, 0x0800);
  arp[4] = 6;
  arp[5] = 4;
  put16(arp + 6, 2);
  memcpy(arp + 8, our_mac, 6);
  put32(arp + 14, be32(asked + 24));
  memcpy(arp + 18, asked + 8, 6);
  put32(arp + 24, be32(asked + 14));
}

static inline void echo_request(const uint8_t *model, uint32_t length, uint8_t *frame) {
  const uint8_t *from = model + ETHERNET;
  const uint8_t *echo = model + HEADERS;
  uint8_t *ip = frame + ETHERNET;
  uint8_t *icmp = frame + HEADERS;
  memcpy(frame, model, 6);
  memcpy(frame + 6, model + 6, 6);
  put16(frame + 12, 0x0800);
  ip[0] = 0x45;
  ip[1] = 0;
  put16(ip + 2, length - ETHERNET);
  put16(ip + 4, be16(from + 4));
  put16(ip + 6, 0x4000);
  ip[8] = 64;
  ip[9] = 1;
  put16(ip + 10, 0);
  put32(ip + 12, be32(from + 12));
  put32(ip + 16, be32(from + 16));
  put16(ip + 10, internet_checksum(ip, 20));
  icmp[0] = 8;
  icmp[1] = 0;
  put16(icmp + 2, 0);
  put16(icmp + 4, be16(echo + 4));
  put16(icmp + 6, be16(echo + 6));
  memcpy(icmp + 8, echo + 8, length - HEADERS - 8);
  put16(icmp + 2, internet_checksum(icmp, length - HEADERS));
}

static uint32_t build_arp(const struct corpus *c) {
  uint32_t sum = 0;
  for (uint32_t i = 0; i < c->count; i++) {
    uint8_t *frame = out + i % SLOTS * SLOT;
    arp_reply(c->buffer + c->offset[i], frame);
    keep();
    sum += frame[ETHERNET + ARP - 1];
  }
  return sum;
}

static uint32_t check_arp(const struct corpus *c) {
  uint32_t hash = 0;
  for (uint32_t i = 0; i < c->count; i++) {
    arp_reply(c->buffer + c->offset[i], out);
    hash = fnv(out, ETHERNET + ARP, hash);
  }
  return hash;
}

static uint32_t build_icmp(const struct corpus *c) {
  uint32_t sum = 0;
  for (uint32_t i = 0; i < c->count; i++) {
    uint8_t *frame = out + i % SLOTS * SLOT;
    echo_request(c->buffer + c->offset[i], c->length[i], frame);
    keep();
    sum += frame[HEADERS + 2];
  }
  return sum;
}

/* What is built must be the model itself, byte for byte. */
static uint32_t check_icmp(const struct corpus *c) {
  uint32_t hash = 0;
  for (uint32_t i = 0; i < c->count; i++) {
    echo_request(c->buffer + c->offset[i], c->length[i], out);
    if (memcmp(out, c->buffer + c->offset[i], c->length[i])) return 0;
    hash = fnv(out, c->length[i], hash);
  }
  return hash;
}

int main(int argc, char **argv) {
  static const struct work works[] = {{"build/arp", build_arp, check_arp}, {"build/icmp", build_icmp, check_icmp}};
  return serve(works, 2, argc, argv);
}
