/* The Internet checksum whole (RFC 1071) and after a change of one word (RFC 1624, equation 3). */
#include "bench.h"

static uint32_t whole(const struct corpus *c) {
  uint32_t sum = 0;
  for (uint32_t i = 0; i < c->count; i++) sum += internet_checksum(c->buffer + c->offset[i], c->length[i]);
  return sum;
}

/* Each frame: the old checksum, the word before and after, as three big endian words. */
static uint32_t update(const struct corpus *c) {
  uint32_t all = 0;
  for (uint32_t i = 0; i < c->count; i++) {
    const uint8_t *p = c->buffer + c->offset[i];
    uint32_t sum = (~be16(p) & 0xffff) + (~be16(p + 2) & 0xffff) + be16(p + 4);
    sum = (sum & 0xffff) + (sum >> 16);
    sum = (sum & 0xffff) + (sum >> 16);
    all += ~sum & 0xffff;
  }
  return all;
}

int main(int argc, char **argv) {
  static const struct work works[] = {{"checksum", whole, 0}, {"checksum-update", update, 0}};
  return serve(works, 2, argc, argv);
}
