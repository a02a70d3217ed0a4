/*
 * Leaky integrate-and-fire neurons with synaptic dynamics: i = d i + x, v = p v + q i + leak, x the weighted sum and the bias. A
 * spike where v > threshold; the threshold is then taken off. Parameters: start [n], d, q, p, leak, threshold [n each];
 * states i [n], v [n]. In integers i, v, leak and threshold have 20 fraction bits, d, p and q 15.
 */
#include <arm_acle.h>
#include "tables.h"

void update_lif_float32(void) {
  const uint32_t n = pe.neurons;
  const uint32_t first_key = pe.first_key;
  float *restrict sum = pe.accumulators;
  const float *restrict start = pe.parameters;
  float *restrict current = pe.state;
  float *restrict potential = current + n;
  Packet *event = pe.send_buffer;
  for (uint32_t i = 0; i < n; i += 1) {
    const float x = start[n + i] * current[i] + sum[i];
    sum[i] = start[i];
    current[i] = x;
    float v = start[3 * n + i] * potential[i] + start[2 * n + i] * x + start[4 * n + i];
    if (v > start[5 * n + i]) {
      event = put_event(event, first_key + i, bits_of(1.0f));
      v -= start[5 * n + i];
    }
    potential[i] = v;
  }
  pe.send_end = event;
}

/** (a * b + 2^14) >> 15; the result of a factor of at most 1 has no more bits than the other. */
static inline int32_t scaled(int32_t gate, int32_t value) {
  return (int32_t)(((int64_t)gate * value + GATE_HALF) >> GATE_BITS);
}

void update_lif_integer(void) {
  const uint32_t n = pe.neurons;
  const uint32_t first_key = pe.first_key;
  int32_t *restrict sum = pe.accumulators;
  const int32_t *restrict start = pe.parameters;
  int32_t *restrict current = pe.state;
  int32_t *restrict potential = current + n;
  Packet *event = pe.send_buffer;
  for (uint32_t i = 0; i < n; i += 1) {
    const int32_t x = __qadd(scaled(start[n + i], current[i]), sum[i]);
    sum[i] = start[i];
    current[i] = x;
    const int32_t kept = __qadd(scaled(start[3 * n + i], potential[i]), scaled(start[2 * n + i], x));
    int32_t v = __qadd(kept, start[4 * n + i]);
    if (v > start[5 * n + i]) {
      event = put_event(event, first_key + i, 1);
      v = __qsub(v, start[5 * n + i]);
    }
    potential[i] = v;
  }
  pe.send_end = event;
}
