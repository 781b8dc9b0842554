/*
 * Asks for echoes as ping does, with nanoseconds instead of microseconds: the request leaves through the kernel's IP stack,
 * the round trip ends with the kernel's own stamp on the reply (SO_TIMESTAMPNS). `rtt ADDRESS`; then lines
 * `COUNT GAP_MICROSECONDS`: each request is sent when the one before was answered, or is a second old, and the gap is over.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/ip_icmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define DATA 56

static long long clock_ns(clockid_t id) {
  struct timespec t;
  clock_gettime(id, &t);
  return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static unsigned short checksum(const unsigned char *p, int n) {
  unsigned sum = 0;
  for (int i = 0; i < n; i += 2) sum += p[i] << 8 | p[i + 1];
  while (sum >> 16) sum = (sum & 0xffff) + (sum >> 16);
  return ~sum;
}

static int ascending(const void *a, const void *b) {
  long long x = *(const long long *)a, y = *(const long long *)b;
  return (x > y) - (x < y);
}

/* The reply's arrival on the clock of CLOCK_REALTIME, or 0 if none came within a second. */
static long long await(int fd, unsigned short id, unsigned short seq) {
  unsigned char buffer[2048];
  char control[128];
  struct iovec vector = {buffer, sizeof buffer};
  for (;;) {
    struct msghdr message = {.msg_iov = &vector, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
    long n = recvmsg(fd, &message, 0);
    if (n < 0) return 0;
    int header = (buffer[0] & 15) * 4;
    unsigned char *icmp = buffer + header;
    if (n < header + 8 || icmp[0] != 0 || (icmp[4] << 8 | icmp[5]) != id || (icmp[6] << 8 | icmp[7]) != seq) continue;
    for (struct cmsghdr *c = CMSG_FIRSTHDR(&message); c; c = CMSG_NXTHDR(&message, c)) {
      if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_TIMESTAMPNS) continue;
      struct timespec stamp;
      memcpy(&stamp, CMSG_DATA(c), sizeof stamp);
      return stamp.tv_sec * 1000000000LL + stamp.tv_nsec;
    }
    return clock_ns(CLOCK_REALTIME);
  }
}

int main(int argc, char **argv) {
  int fd = socket(AF_INET, SOCK_RAW, IPPROTO_ICMP);
  int one = 1;
  struct timeval second = {1, 0};
  struct sockaddr_in to = {.sin_family = AF_INET};
  if (fd < 0 || argc < 2 || inet_pton(AF_INET, argv[1], &to.sin_addr) != 1) {
    printf("{\"absent\":\"%s\"}\n", strerror(errno));
    return 0;
  }
  setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &one, sizeof one);
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &second, sizeof second);
  printf("{\"version\":\"%s\"}\n", __VERSION__);
  fflush(stdout);
  unsigned short id = getpid(), seq = 0;
  char line[64];
  while (fgets(line, sizeof line, stdin)) {
    long count = 0, gap = 0, got = 0;
    if (sscanf(line, "%ld %ld", &count, &gap) < 2 || count < 1) return 1;
    long long *rtt = calloc(count, sizeof *rtt), sum = 0, next = clock_ns(CLOCK_MONOTONIC);
    for (long i = 0; i < count; i++) {
      unsigned char packet[8 + DATA] = {8, 0, 0, 0, id >> 8, id & 255, ++seq >> 8, seq & 255};
      for (int j = 0; j < DATA; j++) packet[8 + j] = j;
      unsigned short sum16 = checksum(packet, sizeof packet);
      packet[2] = sum16 >> 8;
      packet[3] = sum16 & 255;
      long long sent = clock_ns(CLOCK_REALTIME);
      if (sendto(fd, packet, sizeof packet, 0, (struct sockaddr *)&to, sizeof to) > 0) {
        long long back = await(fd, id, seq);
        if (back > 0) sum += rtt[got++] = back - sent;
      }
      next += gap * 1000LL;
      long long left = next - clock_ns(CLOCK_MONOTONIC);
      if (gap > 0 && left > 0) usleep(left / 1000);
    }
    qsort(rtt, got, sizeof *rtt, ascending);
#define AT(q) (got ? rtt[(long)((got - 1) * (q))] / 1e3 : 0)
    printf("{\"sent\":%ld,\"received\":%ld,\"mean\":%.3f,\"min\":%.3f,\"p50\":%.3f,\"p90\":%.3f,\"p99\":%.3f,\"p999\":%.3f,"
           "\"max\":%.3f}\n",
           count, got, got ? sum / 1e3 / got : 0, AT(0), AT(.5), AT(.9), AT(.99), AT(.999), AT(1));
    fflush(stdout);
    free(rtt);
  }
  return 0;
}
