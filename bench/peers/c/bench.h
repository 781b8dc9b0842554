/*
 * What every C contender shares: reading the corpus (bench/corpus.ts describes the file), the clock, and the commands on
 * standard input, answered as bench/worker.ts answers them.
 */
#define _GNU_SOURCE
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct corpus {
  uint32_t count;
  uint8_t *buffer;
  const int32_t *offset;
  const int32_t *length;
};

/* Does the work once for each frame; the value depends on every result. */
typedef uint32_t (*pass_fn)(const struct corpus *);

struct work {
  const char *name;
  pass_fn pass;
  /* The value that all contenders must agree on; null where pass gives it. */
  pass_fn check;
};

#ifdef __clang__
#define COMPILER __VERSION__
#else
#define COMPILER "gcc " __VERSION__
#endif

static inline uint32_t be16(const uint8_t *p) { return (uint32_t)p[0] << 8 | p[1]; }

static inline uint32_t be32(const uint8_t *p) {
  return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static inline void put16(uint8_t *p, uint32_t v) {
  p[0] = v >> 8;
  p[1] = v;
}

static inline void put32(uint8_t *p, uint32_t v) {
  put16(p, v >> 16);
  put16(p + 2, v);
}

static inline uint32_t combine(const uint32_t *sums, int count) {
  uint32_t all = 0;
  for (int i = 0; i < count; i++) all = all * 31 + sums[i];
  return all;
}

static inline uint32_t fnv(const uint8_t *p, uint32_t length, uint32_t hash) {
  for (uint32_t i = 0; i < length; i++) hash = (hash ^ p[i]) * 0x01000193u;
  return hash;
}

/* RFC 1071 4.1: words added as they lie in memory, folded at the end; swapped once. Carries gather in 64 bits. */
static inline uint64_t add_words(const uint8_t *p, uint32_t length, uint64_t sum) {
  while (length >= 2) {
    uint16_t word;
    memcpy(&word, p, 2);
    sum += word;
    p += 2;
    length -= 2;
  }
  if (length) {
    uint16_t word = 0;
    memcpy(&word, p, 1);
    sum += word;
  }
  return sum;
}

static inline uint32_t finish_sum(uint64_t sum) {
  while (sum >> 16) sum = (sum & 0xffff) + (sum >> 16);
  const uint16_t result = ~sum;
  const uint8_t *bytes = (const uint8_t *)&result;
  return be16(bytes);
}

static inline uint32_t internet_checksum(const uint8_t *p, uint32_t length) {
  return finish_sum(add_words(p, length, 0));
}

static uint64_t now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static struct corpus load(const char *path) {
  FILE *file = fopen(path, "rb");
  uint32_t head[4];
  if (!file || fread(head, sizeof head, 1, file) != 1 || head[0] != 0x43424c56) {
    fprintf(stderr, "%s is not a corpus\n", path);
    exit(2);
  }
  int32_t *places = malloc(8 * (size_t)head[1]);
  uint8_t *buffer = aligned_alloc(64, (head[2] + 63) / 64 * 64);
  if (!places || !buffer || fread(places, 8, head[1], file) != head[1] || fread(buffer, 1, head[2], file) != head[2]) {
    fprintf(stderr, "%s is cut\n", path);
    exit(2);
  }
  fclose(file);
  return (struct corpus){.count = head[1], .buffer = buffer, .offset = places, .length = places + head[1]};
}

static int by_value(const void *a, const void *b) {
  const double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

/*
 * Mean nanoseconds of one operation over at least `time` nanoseconds, as mitata does it for the contenders in
 * JavaScript: many short samples, of which the two least and the two greatest are left out.
 */
static double measure(pass_fn pass, const struct corpus *corpus, uint64_t time, uint32_t *value) {
  enum { MAX_SAMPLES = 4096 };
  static double samples[MAX_SAMPLES];
  int count = 0;
  uint64_t total = 0, batch = 1, elapsed = 0;
  while (total < time && count < MAX_SAMPLES) {
    const uint64_t start = now();
    for (uint64_t i = 0; i < batch; i++) *value = pass(corpus);
    elapsed = now() - start;
    /* A sample takes a fortieth of the time or more; until then the batch grows. */
    if (elapsed < time / 40) {
      batch *= 2;
      continue;
    }
    samples[count++] = (double)elapsed / ((double)batch * corpus->count);
    total += elapsed;
  }
  qsort(samples, count, sizeof *samples, by_value);
  const int cut = count > 12 ? 2 : 0;
  double sum = 0;
  for (int i = cut; i < count - cut; i++) sum += samples[i];
  return sum / (count - 2 * cut);
}

static int serve(const struct work *works, int count, int argc, char **argv) {
  if (argc != 3) return 2;
  const struct work *work = 0;
  for (int i = 0; i < count; i++)
    if (!strcmp(works[i].name, argv[1])) work = &works[i];
  if (!work) {
    printf("{\"absent\":\"the C program does not do %s\"}\n", argv[1]);
    return 0;
  }
  const struct corpus corpus = load(argv[2]);
  const uint32_t first = work->pass(&corpus);
  printf("{\"version\":\"%s -O2\"}\n", COMPILER);
  fflush(stdout);
  char line[64];
  while (fgets(line, sizeof line, stdin)) {
    uint64_t time = 0;
    uint32_t value = first;
    if (!strcmp(line, "check\n")) {
      printf("{\"value\":%" PRId32 "}\n", (int32_t)(work->check ? work->check(&corpus) : first));
    } else if (sscanf(line, "warm %" SCNu64, &time) == 1) {
      measure(work->pass, &corpus, time, &value);
      puts("{}");
    } else if (sscanf(line, "round %" SCNu64, &time) == 1) {
      const double ns = measure(work->pass, &corpus, time, &value);
      if (value != first) {
        fprintf(stderr, "a pass gave another value than the first\n");
        return 2;
      }
      printf("{\"value\":%.5f}\n", ns);
    } else {
      puts("{}");
    }
    fflush(stdout);
  }
  return 0;
}
