/*
 * The simulator's kernel compiled for this machine, timed on inputs from a file: the baseline of the bench.
 * Prints the least nanoseconds a synop, and a checksum of the accumulators after one pass from zero.
 *
 * Usage: native-kernel FILE float32|int8|int16 ROUNDS PASSES
 */
#include "../simulator/functional/wasm/kernel.c"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/** An array as the file holds it: its length in bytes, then those. */
static void *read_array(FILE *file, uint32_t *bytes) {
  if (fread(bytes, 4, 1, file) != 1) exit(1);
  void *array = aligned_alloc(64, (*bytes + 63) / 64 * 64 + 64);
  if (fread(array, 1, *bytes, file) != *bytes) exit(1);
  return array;
}

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return 1e9 * time.tv_sec + time.tv_nsec;
}

int main(int count, char **words) {
  if (count != 5) return 2;
  FILE *file = fopen(words[1], "rb");
  if (!file) return 1;
  uint32_t bytes, event_bytes, size;
  const uint32_t *row_start = read_array(file, &bytes);
  const void *target = read_array(file, &bytes);
  const void *weight = read_array(file, &bytes);
  const uint32_t *multiplier = read_array(file, &bytes);
  const uint32_t *neuron = read_array(file, &event_bytes);
  const void *payload = read_array(file, &bytes);
  uint32_t *header = read_array(file, &bytes);
  const uint32_t shift = header[0], events = event_bytes / 4;
  size = header[1];
  uint32_t *pe_rows = calloc(bytes + 4 * size, 1);
  void *accumulator = calloc(size, 4);
  Saturations saturations = {0, 0};
  double synops = 0;
  for (uint32_t i = 0; i < events; i += 1) synops += row_start[neuron[i] + 1] - row_start[neuron[i]];

#define PASS                                                                                                       \
  if (!strcmp(words[2], "float32")) addFloat32(row_start, target, weight, neuron, payload, events, accumulator);   \
  else if (!strcmp(words[2], "int8"))                                                                              \
    addInt8In32(row_start, target, weight, neuron, payload, events, accumulator, multiplier, shift, pe_rows,       \
                &saturations);                                                                                     \
  else                                                                                                             \
    addInt16In32(row_start, target, weight, neuron, payload, events, accumulator, multiplier, shift, pe_rows,      \
                 &saturations);

  PASS
  uint32_t checksum = 0;
  for (uint32_t i = 0; i < size; i += 1) checksum = checksum * 31 + ((uint32_t *)accumulator)[i];
  double least = 1e300;
  for (int round = atoi(words[3]); round > 0; round -= 1) {
    memset(accumulator, 0, 4 * size);
    const double start = now();
    for (int pass = atoi(words[4]); pass > 0; pass -= 1) { PASS }
    const double time = (now() - start) / atoi(words[4]);
    if (time < least) least = time;
  }
  printf("%.4f %u\n", least / synops, checksum);
  return 0;
}
