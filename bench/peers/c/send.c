/* Sends frames of 60 bytes with sendmmsg, 64 a call: `send IFACE`; then one count a line, answered with JSON. */
#define _GNU_SOURCE
#include <errno.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>

#define BATCH 64
#define LENGTH 60

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec + t.tv_nsec * 1e-9;
}

int main(int argc, char **argv) {
  static unsigned char frames[BATCH][LENGTH];
  static struct mmsghdr messages[BATCH];
  static struct iovec vectors[BATCH];
  int fd = socket(AF_PACKET, SOCK_RAW, 0);
  struct sockaddr_ll address = {.sll_family = AF_PACKET};
  address.sll_ifindex = argc > 1 ? (int)if_nametoindex(argv[1]) : 0;
  if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof address) < 0) {
    printf("{\"absent\":\"%s\"}\n", strerror(errno));
    return 0;
  }
  for (int i = 0; i < BATCH; i++) {
    memset(frames[i], 0xff, 6);
    frames[i][6] = 2;
    frames[i][12] = 0x88;
    frames[i][13] = 0xb5;
    vectors[i].iov_base = frames[i];
    vectors[i].iov_len = LENGTH;
    messages[i].msg_hdr.msg_iov = &vectors[i];
    messages[i].msg_hdr.msg_iovlen = 1;
  }
  printf("{\"version\":\"%s\"}\n", __VERSION__);
  fflush(stdout);
  char line[64];
  while (fgets(line, sizeof line, stdin)) {
    long count = atol(line), sent = 0, failed = 0;
    double start = now();
    while (sent + failed < count) {
      long left = count - sent - failed;
      int n = sendmmsg(fd, messages, left < BATCH ? (unsigned)left : BATCH, MSG_DONTWAIT);
      if (n > 0) sent += n;
      else if (errno != EINTR) failed++;
    }
    printf("{\"sent\":%ld,\"failed\":%ld,\"seconds\":%.9f}\n", sent, failed, now() - start);
    fflush(stdout);
  }
  return 0;
}
